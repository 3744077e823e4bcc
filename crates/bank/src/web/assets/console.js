// What htmx cannot do: keys, the idle warning, copying. Nothing here is needed: every page works without it.
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);

  // -- keys: `/` and Ctrl-K search, arrows walk the hits, `g` and a letter open a page ----------------------
  let goes = false;
  const types = (element) => element.matches?.("input, select, textarea, [contenteditable]");

  function search(event) {
    const box = find("#search");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  }

  function walk(event) {
    const hits = [...document.querySelectorAll("#palette a")];
    const at = hits.indexOf(document.activeElement);
    if (!hits.length || (at < 0 && document.activeElement.id !== "search")) return;
    event.preventDefault();
    const to = event.key === "ArrowDown" ? at + 1 : at - 1;
    (to < 0 ? find("#search") : hits[Math.min(to, hits.length - 1)]).focus();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") return search(event);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return walk(event);
    if (event.key === "Escape" && event.target.closest?.("search")) return event.target.blur();
    if (types(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") return search(event);
    const link = goes && find(`[data-key="${CSS.escape(event.key)}"]`);
    goes = event.key === "g";
    if (link) link.click();
  });

  // -- idle: a warning two minutes before the session ends, and the door when it has -------------------------
  const WARNED = 120;
  const allowed = Number(document.body.dataset.idleSeconds);
  const warning = find("#idle");
  let used = Date.now();

  function tick() {
    const left = Math.round(allowed - (Date.now() - used) / 1000);
    if (left <= 0) {
      const here = encodeURIComponent(location.pathname + location.search);
      location.assign(`${document.body.dataset.signIn}?next=${here}`);
    } else if (left <= WARNED) {
      find("#idle-left").textContent = left > 60 ? "2 minutes" : `${left} seconds`;
      if (!warning.open) warning.showModal();
    }
  }

  async function stay() {
    const answer = await fetch("/admin/session", { redirect: "manual" });
    if (answer.ok) used = Date.now();
  }

  if (allowed > 0 && warning) {
    setInterval(tick, 1000);
    warning.addEventListener("close", stay);
    document.addEventListener("htmx:after:request", () => { used = Date.now(); });
  }

  // -- copying an id ------------------------------------------------------------------------------------------
  function show(root) {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
  show(document);

  // -- fields: what the browser can judge is said below a field as soon as it is left; the bank judges the rest --
  function judge(field) {
    if (!field.willValidate || field.form?.method !== "post" || !field.closest(".field")) return;
    const id = `${field.id}-at-once`;
    document.getElementById(id)?.remove();
    const told = (field.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
    // What the bank said was about what stood here before.
    const before = document.getElementById(`${field.id}-error`);
    if (before) before.hidden = true;
    if (field.validity.valid) {
      field.removeAttribute("aria-invalid");
    } else {
      const error = document.createElement("p");
      error.className = "error";
      error.role = "alert";
      error.id = id;
      error.textContent = (field.validity.patternMismatch && field.title) || field.validationMessage;
      field.closest(".field").append(error);
      field.setAttribute("aria-invalid", "true");
      told.push(id);
    }
    if (told.length) field.setAttribute("aria-describedby", told.join(" "));
    else field.removeAttribute("aria-describedby");
  }

  document.addEventListener("change", (event) => judge(event.target));
  document.addEventListener("invalid", (event) => judge(event.target), true);
  document.addEventListener("input", (event) => {
    if (event.target.getAttribute("aria-invalid")) judge(event.target);
  });

  // -- filters: the address keeps what is chosen, so that it can be sent on and come back ------------------
  document.addEventListener("htmx:after:swap", (event) => {
    show(document);
    const source = event.detail?.ctx?.sourceElement;
    if (source?.matches?.(".filters")) history.replaceState(null, "", event.detail.ctx.request.action);
  });
})();
