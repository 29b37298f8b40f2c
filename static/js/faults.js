// What a refused submit complained of goes away as soon as its field is touched.
"use strict";
(function () {
  function faultOf(input) {
    return input.closest("[data-criterion]")?.dataset.kind || input.name;
  }

  // The rule compares with the machine's scores, so that changing a score may satisfy it too.
  function reasonIsSettled() {
    const reason = document.getElementById("override_reason");
    return !reason.required || reason.value !== "";
  }

  function clear(fault) {
    document.querySelectorAll(`[data-fault="${fault}"]`).forEach((one) => one.remove());
    const field = document.getElementById(fault) || document.getElementById(`criterion-${fault}`);
    field?.removeAttribute("aria-invalid");
    field?.removeAttribute("aria-describedby");
    const all = document.querySelector("[data-faults]");
    if (all && !all.querySelector("[data-fault]")) all.remove();
  }

  function onEdit(event) {
    if (!event.target.closest?.("#rating") || !event.target.name) return;
    const fault = faultOf(event.target);
    if (fault !== "override_reason") clear(fault);
    if (reasonIsSettled()) clear("override_reason");
  }

  document.addEventListener("input", onEdit);
  document.addEventListener("change", onEdit);
})();
