// What every page shares: theme, keys, swaps, times.
"use strict";
(function () {
  const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";
  let prefix = "";
  let prefixTimer = 0;

  function remember(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  }

  function recall(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  function say(text) {
    const live = document.getElementById("live");
    live.textContent = "";
    window.requestAnimationFrame(() => {
      live.textContent = text;
    });
  }

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function showTheme() {
    document.querySelectorAll("[data-theme-toggle]").forEach((button) => {
      button.setAttribute("aria-pressed", String(isDark()));
    });
  }

  function toggleTheme() {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remember("theme", theme);
    showTheme();
  }

  function shortcutsAreOn() {
    return document.documentElement.dataset.shortcuts !== "off";
  }

  function setShortcuts(on) {
    document.documentElement.dataset.shortcuts = on ? "on" : "off";
    remember("shortcuts", on ? "on" : "off");
    say(on ? document.body.dataset.shortcutsOn : document.body.dataset.shortcutsOff);
  }

  function isVisible(element) {
    return element.offsetParent !== null || element.getClientRects().length > 0;
  }

  function withKey(keys) {
    return Array.from(document.querySelectorAll("[data-key]")).find(
      (element) => element.dataset.key.split("|").includes(keys) && isVisible(element)
    );
  }

  function act(element) {
    if (element.dataset.keyDoes === "focus") {
      element.focus();
      element.scrollIntoView({ block: "nearest" });
    } else {
      element.click();
    }
  }

  function moveRow(step) {
    const links = Array.from(document.querySelectorAll("[data-row]"));
    if (!links.length) return false;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
    links[Math.max(0, Math.min(links.length - 1, next))].focus();
    return true;
  }

  function setPrefix(key) {
    prefix = key;
    window.clearTimeout(prefixTimer);
    prefixTimer = window.setTimeout(() => {
      prefix = "";
    }, 1200);
  }

  function onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (!shortcutsAreOn() || document.querySelector("dialog[open]")) return;
    const keys = prefix ? `${prefix} ${event.key}` : event.key;
    if (event.key === "g" && !prefix) {
      setPrefix("g");
      return;
    }
    setPrefix("");
    if ((keys === "j" || keys === "k") && moveRow(keys === "j" ? 1 : -1)) {
      event.preventDefault();
      return;
    }
    const element = withKey(keys);
    if (element) {
      event.preventDefault();
      act(element);
    }
  }

  function onClick(event) {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      dialog.querySelector("[data-shortcuts]").checked = shortcutsAreOn();
      dialog.showModal();
    }
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
  }

  function localTimes(root) {
    root.querySelectorAll("time[data-local]").forEach((time) => {
      const moment = new Date(time.getAttribute("datetime"));
      if (Number.isNaN(moment.getTime())) return;
      const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      const shape =
        time.dataset.local === "full" ? { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" } : hour;
      time.title = time.textContent.trim();
      time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, shape).format(moment);
      delete time.dataset.local;
    });
  }

  function countDown() {
    document.querySelectorAll("[data-undo-seconds]").forEach((strip) => {
      const left = Number(strip.dataset.undoSeconds) - 1;
      strip.dataset.undoSeconds = String(left);
      if (left < 0) strip.remove();
      else strip.querySelector("[data-seconds]").textContent = String(left);
    });
  }

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  // A sign-in in another tab changes the token: the cookie has the one that is right now.
  function freshToken(event) {
    const token = cookie("csrftoken");
    if (!token) return;
    event.detail.headers["X-CSRFToken"] = token;
    event.detail.parameters.delete("csrfmiddlewaretoken");
  }

  function pauseWhenHidden(event) {
    if (document.hidden && event.detail.elt.hasAttribute("data-only-visible")) event.preventDefault();
  }

  function onFailure(event) {
    if (event.detail.elt.hasAttribute("data-only-visible") && event.detail.xhr.status !== 401) return;
    const texts = document.body.dataset;
    const status = event.detail.xhr.status;
    say(status === 401 ? texts.saidOut : status === 0 ? texts.saidOffline : texts.saidRefused);
  }

  function afterSwap() {
    localTimes(document);
    const focus = document.querySelector("#page [data-focus]");
    if (focus) focus.focus();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcuts]")) setShortcuts(event.target.checked);
  });
  document.addEventListener("htmx:configRequest", freshToken);
  document.addEventListener("htmx:beforeRequest", pauseWhenHidden);
  document.addEventListener("htmx:responseError", onFailure);
  document.addEventListener("htmx:sendError", onFailure);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "page" || event.target.id === "page") afterSwap();
    else localTimes(document);
  });
  document.documentElement.dataset.shortcuts = recall("shortcuts") || "on";
  window.setInterval(countDown, 1000);
  showTheme();
  localTimes(document);
  document.querySelector("#page [data-focus]")?.focus();
})();
