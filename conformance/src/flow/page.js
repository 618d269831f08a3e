"use strict";
const $ = s => document.querySelector(s), all = s => [...document.querySelectorAll(s)];
const messages = JSON.parse($("#messages").textContent);
const links = all("nav a"), calls = all("main section"), pane = $("aside"), filter = $("#filter");
const show = id => {
  const found = calls.find(c => c.id === id) || calls[0];
  calls.forEach(c => c.hidden = c !== found);
  links.forEach(a => a.toggleAttribute("aria-current", a.hash.slice(1) === (found ? found.id : "")));
};
const open = row => {
  all(".row.chosen").forEach(r => r.classList.remove("chosen"));
  row.classList.add("chosen");
  const m = messages[row.dataset.m];
  if (!m) { return; }
  pane.hidden = false;
  $("#place").textContent = "message " + m[0] + ", byte " + m[1];
  $("#text").textContent = m[2];
};
all(".row").forEach(row => {
  row.setAttribute("tabindex", "0");
  row.setAttribute("role", "button");
  row.addEventListener("click", () => open(row));
});
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(" ").filter(Boolean);
  links.forEach(a => { a.hidden = !words.every(w => a.dataset.text.includes(w)); });
});
addEventListener("hashchange", () => show(location.hash.slice(1)));
addEventListener("keydown", e => {
  const at = document.activeElement;
  if (e.key === "Escape") { pane.hidden = true; return; }
  if (e.key === "/") { if (at !== filter) { filter.focus(); e.preventDefault(); } return; }
  if (at.classList.contains("row")) {
    if (e.key === "Enter" || e.key === " ") { open(at); e.preventDefault(); return; }
  }
  const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
  if (step === 0) { return; }
  const row = at.classList.contains("row");
  const list = row ? [...at.closest("svg").querySelectorAll(".row")] : links.filter(a => !a.hidden);
  const next = list[list.indexOf(at) + step];
  if (next) { next.focus(); if (row) { open(next); } e.preventDefault(); }
});
show(location.hash.slice(1));
