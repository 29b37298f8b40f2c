// The response page: scores by keys, the running overall, quotes and the text.
"use strict";
(function () {
  let lastDigit = { key: "", at: 0 };

  const criteria = () => Array.from(document.querySelectorAll("[data-criterion]"));
  const chosenIn = (set) => set.querySelector("input[type=radio]:checked");
  const form = () => document.getElementById("rating");

  function shown(halves) {
    const mark = form().dataset.decimal || ".";
    return `${Math.floor(halves / 2)}${mark}${halves % 2 ? 5 : 0}`;
  }

  // The mean rounded half up to half points, in whole numbers: as the server does in Decimal.
  function overallHalves(halves) {
    const sum = halves.reduce((total, one) => total + one, 0);
    return Math.floor((2 * sum + halves.length) / (2 * halves.length));
  }

  function bandOf(halves) {
    const cuts = form().dataset.bandsCut.split(" ").map((cut) => cut.split(":"));
    const found = cuts.find((cut) => halves >= Number(cut[1]) * 2);
    return found ? found[0] : form().dataset.bandNone;
  }

  function showBands(set, value) {
    const list = set.querySelector("[data-bands]");
    if (!list || list.dataset.whole) return;
    list.querySelectorAll("[data-band]").forEach((row) => {
      row.hidden = Math.abs(Number(row.dataset.band) - value) > 1;
      row.classList.toggle("is-chosen", Math.abs(Number(row.dataset.band) - value) < 1);
    });
  }

  function showCriterion(set) {
    const input = chosenIn(set);
    const machine = set.dataset.machine;
    const output = set.querySelector("[data-given]");
    output.textContent = input ? shown(Number(input.value) * 2) : "–";
    set.classList.toggle("is-given", Boolean(input));
    const differs = Boolean(input && machine && Math.abs(input.value - machine) >= 0.5);
    set.classList.toggle("is-changed", differs);
    if (input) showBands(set, Number(input.value));
    return differs;
  }

  function refresh() {
    if (!form()) return;
    const sets = criteria();
    const differing = sets.map(showCriterion).some(Boolean);
    const given = sets.map(chosenIn).filter(Boolean);
    const isWhole = given.length === sets.length;
    const halves = isWhole ? overallHalves(given.map((input) => Number(input.value) * 2)) : null;
    document.getElementById("overall").textContent = isWhole ? shown(halves) : "–";
    document.getElementById("band").textContent = isWhole ? bandOf(halves) : "";
    const left = form().querySelector("[data-left]");
    left.textContent = isWhole ? "" : `${left.dataset.textLeft} ${sets.length - given.length}`;
    const reason = document.getElementById("override_reason");
    reason.required = differing;
    reason.closest(".field").classList.toggle("is-needed", differing && !reason.value);
  }

  function choose(set, value) {
    const input = Array.from(set.querySelectorAll("input[type=radio]")).find(
      (radio) => Number(radio.value) === value
    );
    if (!input) return;
    input.checked = true;
    input.focus({ preventScroll: true });
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function focusCriterion(set) {
    (chosenIn(set) || set.querySelector("input[type=radio]")).focus({ preventScroll: true });
    set.scrollIntoView({ block: "nearest" });
  }

  function nextAfter(set) {
    const sets = criteria();
    const next = sets[sets.indexOf(set) + 1];
    if (next) focusCriterion(next);
    else document.getElementById("feedback").focus();
  }

  function digit(set, key) {
    const isTen = lastDigit.key === "1" && key === "0" && Date.now() - lastDigit.at < 900;
    const isHalf = lastDigit.key === "." && key === "5" && Date.now() - lastDigit.at < 900;
    lastDigit = { key, at: Date.now() };
    if (!isHalf) choose(set, isTen ? 10 : Number(key));
  }

  function half(set) {
    const input = chosenIn(set);
    lastDigit = { key: ".", at: Date.now() };
    if (input && Number(input.value) % 1 === 0) choose(set, Number(input.value) + 0.5);
  }

  function inCriterion(event, set) {
    if (/^[0-9]$/.test(event.key)) digit(set, event.key);
    else if (event.key === "." || event.key === ",") half(set);
    else if (event.key === "m" && set.dataset.machine) choose(set, Number(set.dataset.machine));
    else if (event.key === "Enter") nextAfter(set);
    else if (event.key === "Escape") document.activeElement.blur();
    else return false;
    return true;
  }

  function activate(key) {
    document.querySelectorAll(".is-active").forEach((one) => one.classList.remove("is-active"));
    const marks = Array.from(document.querySelectorAll(`[data-marks~="${CSS.escape(key)}"]`));
    const note = document.getElementById(key);
    [...marks, note].filter(Boolean).forEach((one) => one.classList.add("is-active"));
    return { mark: marks[0], note };
  }

  function moveQuote(step) {
    const flags = Array.from(document.querySelectorAll("#answer-text a.flag"));
    if (!flags.length) return;
    const at = flags.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : flags.length - 1) : (at + step + flags.length) % flags.length;
    flags[next].focus({ preventScroll: true });
    flags[next].scrollIntoView({ block: "center" });
    activate(flags[next].id.replace("at-", ""));
  }

  function toNote(key) {
    const { note } = activate(key);
    if (!note) return;
    note.closest("details")?.setAttribute("open", "");
    note.focus({ preventScroll: true });
    note.scrollIntoView({ block: "center" });
  }

  function toText(key) {
    const { mark } = activate(key);
    const flag = document.getElementById(`at-${key}`);
    if (flag) flag.focus({ preventScroll: true });
    if (mark) mark.scrollIntoView({ block: "center" });
  }

  function onKey(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form()) {
      event.preventDefault();
      document.getElementById("submit")?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const set = event.target.closest?.("[data-criterion]");
    if (set && event.target.matches("input[type=radio]")) {
      if (inCriterion(event, set)) event.preventDefault();
      return;
    }
    if (document.documentElement.dataset.shortcuts === "off") return;
    if (event.target.closest?.("textarea, select, input")) return;
    if (/^[1-9]$/.test(event.key) && criteria()[event.key - 1]) {
      event.preventDefault();
      focusCriterion(criteria()[event.key - 1]);
    } else if (event.key === "n" || event.key === "p") {
      moveQuote(event.key === "n" ? 1 : -1);
    }
  }

  function toggleBands(button) {
    const list = button.parentElement.querySelector("[data-bands]");
    const whole = !list.dataset.whole;
    if (whole) list.dataset.whole = "yes";
    else delete list.dataset.whole;
    button.setAttribute("aria-expanded", String(whole));
    const set = button.closest("[data-criterion]");
    const near = set && chosenIn(set) ? Number(chosenIn(set).value) : Number(list.dataset.near || NaN);
    list.querySelectorAll("[data-band]").forEach((row) => {
      if (row.dataset.near === undefined) row.dataset.near = row.hidden ? "" : "yes";
      row.hidden = !whole && (Number.isNaN(near) ? !row.dataset.near : Math.abs(row.dataset.band - near) > 1);
    });
  }

  function onClick(event) {
    const flag = event.target.closest("a.flag, a.note-label");
    const mark = event.target.closest("[data-marks]");
    const button = event.target.closest("[data-all-bands]");
    if (flag) {
      event.preventDefault();
      const key = flag.hash.slice(1);
      if (flag.matches(".flag")) toNote(key);
      else toText(key.replace("at-", ""));
    } else if (mark) {
      toNote(mark.dataset.marks.split(" ").pop());
    } else if (button) {
      toggleBands(button);
    }
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("change", refresh);
  document.addEventListener("htmx:afterSettle", refresh);
  refresh();
})();
