// The one line of a host page: <script src="https://clinic.example/chat/static/widget.js" data-region="GB">.
// Puts a <b12-symptom-check> after itself, unless the page has one, and loads its code afterwards.
(() => {
  "use strict";
  const script = document.currentScript;
  const folder = new URL(".", script.src);

  function start() {
    let element = document.querySelector("b12-symptom-check");
    if (!element) {
      element = document.createElement("b12-symptom-check");
      for (const [name, value] of Object.entries(script.dataset)) {
        if (name !== "target") element.setAttribute(name, value);
      }
      const target = script.dataset.target && document.querySelector(script.dataset.target);
      if (target) target.append(element);
      else if (document.body.contains(script)) script.after(element);
      else document.body.append(element);
    }
    if (!element.hasAttribute("service")) {
      element.setAttribute("service", new URL("../", folder).href);
    }
    import(new URL("element.js", folder).href).catch((error) => {
      console.error("The symptom check could not be loaded.", error);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
