"use strict";
const $ = s => document.querySelector(s), all = s => [...document.querySelectorAll(s)];
const messages = JSON.parse($("#messages").textContent);
const links = all("nav a"), parts = all("main section"), pane = $("aside"), filter = $("#filter");
const close = () => {
  pane.hidden = true;
  all(".row.chosen").forEach(r => r.classList.remove("chosen"));
};
// The address names the part and the message, so that a link to a message can be put into a ticket.
const address = (part, m) => history.replaceState(null, "", "#" + part + (m === undefined ? "" : "/" + m));
const open = row => {
  const m = messages[row.dataset.m];
  if (!m) { return; }
  close();
  row.classList.add("chosen");
  pane.hidden = false;
  const who = m[1] === "client" ? "the client's message " : "message ";
  $("#place").textContent = (m[0] ? "connection " + m[0] + ", " : "") + who + m[2] + ", byte " + m[3];
  $("#text").textContent = m[4];
  address(row.closest("section").id, row.dataset.m);
};
const show = () => {
  const [id, m] = location.hash.slice(1).split("/");
  const found = parts.find(p => p.id === id) || parts[0];
  parts.forEach(p => { p.hidden = p !== found; });
  links.forEach(a => {
    if (found && a.hash.slice(1) === found.id) { a.setAttribute("aria-current", "true"); } else { a.removeAttribute("aria-current"); }
  });
  close();
  const row = found && m !== undefined && [...found.querySelectorAll(".row")].find(r => r.dataset.m === m);
  if (row) { open(row); row.scrollIntoView({ block: "center" }); }
};
all(".row").forEach(row => {
  row.setAttribute("tabindex", "0");
  if (row.localName === "g") { row.setAttribute("role", "button"); }
  row.addEventListener("click", () => open(row));
});
$("#close").addEventListener("click", close);
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(" ").filter(Boolean);
  links.forEach(a => { a.hidden = !words.every(w => a.dataset.text.includes(w)); });
});
addEventListener("hashchange", show);
addEventListener("keydown", e => {
  const at = document.activeElement;
  if (e.key === "Escape") { close(); return; }
  if (e.key === "/") { if (at !== filter) { filter.focus(); e.preventDefault(); } return; }
  const row = at.classList.contains("row");
  if (row && (e.key === "Enter" || e.key === " ")) { open(at); e.preventDefault(); return; }
  const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
  if (step === 0) { return; }
  const list = row ? [...at.closest("section").querySelectorAll(".row")] : links.filter(a => !a.hidden);
  const next = list[list.indexOf(at) + step];
  if (next) { next.focus(); if (row) { open(next); } e.preventDefault(); }
});
show();
