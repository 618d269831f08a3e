"use strict";
(async () => {
  const checks = [];
  const check = (what, ok, why) => checks.push(ok ? [what, true] : [what, false, String(why)]);
  const $ = s => document.querySelector(s), all = s => [...document.querySelectorAll(s)];
  const pause = () => new Promise(done => setTimeout(done, 50));
  const visible = e => e.getClientRects().length > 0;
  // What is really under the pointer at this element's middle is clicked, whatever that is.
  const click = e => {
    e.scrollIntoView({ block: "center", inline: "nearest" });
    const box = e.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + Math.min(box.width / 2, 150), box.y + box.height / 2);
    hit.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window }));
    return hit;
  };
  const press = async key => {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await pause();
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const rgb = text => (text.match(/[\d.]+/g) || []).map(Number);
  const contrast = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  // The words of the page that are harder to read than the accessibility guidelines (WCAG 2, AA) allow.
  const pale = () => {
    const page = rgb(getComputedStyle(document.body).backgroundColor);
    const bad = [];
    for (const e of all("nav a, nav small, nav h1, aside strong, aside pre, aside button, .ladder text, td, th, section h1")) {
      if (!visible(e)) { continue; }
      const style = getComputedStyle(e), svg = e.namespaceURI.endsWith("svg");
      let ground = page;
      if (svg) {
        const box = e.getBBox(), x = box.x + 1, y = box.y + box.height / 2;
        for (const r of e.closest("svg").querySelectorAll(".bg,.head,.wrong,.known")) {
          const b = r.getBBox();
          if (r !== e && x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height) {
            ground = rgb(getComputedStyle(r).fill);
          }
        }
      }
      const ratio = contrast(rgb(svg ? style.fill : style.color), ground) * (Number(style.opacity) < 1 ? 0.75 : 1);
      if (ratio < 4.5) { bad.push(e.textContent.slice(0, 30) + " " + ratio.toFixed(2)); }
    }
    return bad;
  };
  try {
    const links = all("nav a");
    check("each call has a link", links.filter(a => a.hash.startsWith("#call-")).length === 3, links.length);
    check("links are seen", links.every(visible), links.map(visible));
    check("one part is shown", all("main section").filter(visible).length === 1, location.hash);
    check("the first call is current", links[0].hasAttribute("aria-current") && visible($("#call-1")), links[0].outerHTML);

    const wrong = links.filter(a => a.querySelector(".wrong"));
    check("calls with findings are marked", wrong.length === 2, wrong.length);
    check("findings are drawn", $("#call-1 rect.wrong") && visible($("#call-1 rect.wrong")), "none");
    check("a finding says its rule", $("#call-1").textContent.includes("bridge/leave-before-hangup"), "");
    const box = $("#call-1 rect.wrong").getBBox();
    check("a finding's words fit its box", all("#call-1 text").filter(t => t.getBBox().y >= box.y && t.getBBox().y < box.y + box.height)
      .every(t => t.getBBox().x + t.getBBox().width <= box.x + box.width), box.width);

    $("#filter").focus();
    for (const [typed, shown] of [["0000001f", 1], ["LOOP findings", 1], ["no such call", 0], ["normal 36", 1], ["", links.length]]) {
      $("#filter").value = typed;
      $("#filter").dispatchEvent(new Event("input", { bubbles: true }));
      check("filter " + typed, links.filter(visible).length === shown, links.filter(visible).length);
    }

    check("a click on a call hits its link", click(links[2]).closest("a") === links[2], "");
    links[2].click();
    await pause();
    check("a click on a call shows its ladder", visible($("#call-3")) && !visible($("#call-1")), location.hash);
    check("and marks it", links[2].hasAttribute("aria-current") && !links[0].hasAttribute("aria-current"), "");
    links[0].click();
    await pause();

    check("no message at first", !visible($("aside")), "");
    const row = all("#call-1 .row").find(r => r.textContent.includes("dial 200@loop"));
    click(row);
    check("a click on a row opens its message", visible($("aside")) && $("#text").textContent.startsWith("Event: DialBegin\n"), $("#text").textContent);
    check("and tells where it is", /^message \d+, byte \d+$/.test($("#place").textContent), $("#place").textContent);
    check("and marks the row", row.classList.contains("chosen") && all(".chosen").length === 1, all(".chosen").length);
    check("and the address names it", location.hash === "#call-1/" + row.dataset.m, location.hash);
    click(all("#call-1 rect.wrong").find(r => r.closest(".row").textContent.includes("bridge/leave-before-hangup")));
    check("a click on a finding opens its message", $("#text").textContent.startsWith("Event: Hangup\n"), $("#text").textContent);
    const dimmed = pale();
    check("all words can be read", dimmed.length === 0, dimmed);
    click($("#close"));
    check("the message can be closed", !visible($("aside")) && all(".chosen").length === 0, "");

    document.activeElement.blur();
    await press("/");
    check("/ goes to the filter", document.activeElement === $("#filter"), document.activeElement.outerHTML);
    await press("ArrowDown");
    check("down goes to the first call", document.activeElement === links[0], document.activeElement.outerHTML);
    await press("ArrowDown");
    check("and to the next", document.activeElement === links[1], document.activeElement.outerHTML);
    await press("ArrowUp");
    check("and back", document.activeElement === links[0], document.activeElement.outerHTML);
    const rows = all("#call-1 .row");
    check("rows can be reached by keyboard", rows.every(r => r.tabIndex === 0), "");
    rows[0].focus();
    await press("Enter");
    check("enter opens a message", visible($("aside")) && $("#text").textContent.startsWith("Event: Newchannel\n"), $("#text").textContent);
    await press("ArrowDown");
    check("down opens the next", document.activeElement === rows[1] && rows[1].classList.contains("chosen"), "");
    await press("Escape");
    check("escape closes it", !visible($("aside")), "");

    const loose = links.find(a => a.hash.startsWith("#loose-"));
    loose.click();
    await pause();
    const lost = all("section tr.row").find(r => r.textContent.includes("list/item-count"));
    check("findings of no call are listed", visible(lost), loose.hash);
    click(lost);
    check("and lead to their message", $("#text").textContent.startsWith("Event: PeerlistComplete\n"), $("#text").textContent);
    const pales = pale();
    check("the table can be read", pales.length === 0, pales);

    location.hash = "#call-1/" + row.dataset.m;
    await pause();
    check("an address leads to its message", row.classList.contains("chosen") && visible($("#call-1")), location.hash);
    check("nothing is wider than the window", document.documentElement.scrollWidth <= innerWidth, document.documentElement.scrollWidth);
  } catch (error) {
    check("the script came to its end", false, error.stack);
  }
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = JSON.stringify({ checks, wrong: window.wrong, dark: matchMedia("(prefers-color-scheme: dark)").matches });
  document.body.append(told);
})();
