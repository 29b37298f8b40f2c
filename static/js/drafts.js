// A half-filled rating outlives a reload: kept in this tab, under the lease it was begun with.
"use strict";
(function () {
  const TEXTS = ["feedback", "override_reason", "comment"];
  const form = () => document.getElementById("rating");
  const lease = () => form()?.querySelector("input[name=lease]")?.value;
  const name = (id) => `draft:${id}`;

  function store(work) {
    try {
      return work(sessionStorage);
    } catch {
      // Storage may be forbidden or full; the page itself still has what was typed.
      return null;
    }
  }

  function save() {
    const id = lease();
    if (!id) return;
    const given = { scores: {} };
    form()
      .querySelectorAll("input[type=radio]:checked")
      .forEach((input) => {
        given.scores[input.name] = input.value;
      });
    TEXTS.forEach((key) => {
      given[key] = form().elements[key].value;
    });
    store((storage) => storage.setItem(name(id), JSON.stringify(given)));
  }

  function restore() {
    const id = lease();
    const given = id && store((storage) => JSON.parse(storage.getItem(name(id))));
    if (!given) return;
    form()
      .querySelectorAll("input[type=radio]")
      .forEach((input) => {
        input.checked = given.scores[input.name] === input.value;
      });
    TEXTS.forEach((key) => {
      form().elements[key].value = given[key];
    });
    form().dispatchEvent(new Event("change", { bubbles: true }));
  }

  // The service sends elsewhere only what it has taken: a rating, or a response given back.
  function dropWhenTaken(event) {
    const id = lease();
    if (!id || !form().contains(event.detail.elt)) return;
    if (!event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    store((storage) => storage.removeItem(name(id)));
  }

  function onEdit(event) {
    if (event.target.closest?.("#rating")) save();
  }

  document.addEventListener("input", onEdit);
  document.addEventListener("change", onEdit);
  document.addEventListener("htmx:beforeOnLoad", dropWhenTaken);
  // A swap may bring the same entries under a new lease.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "page" || event.target.id === "page") save();
  });
  restore();
})();
