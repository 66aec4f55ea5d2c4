// The one line of a host page: <script src="https://clinic.example/widget.js" data-region="GB"></script>
// Loads the chat once the page is there and idle. docs/embedding.md lists the data- attributes.
(() => {
  "use strict";
  const script = document.currentScript;
  // Served as /widget.js and as /chat/static/widget.js.
  const files = new URL(script.src.includes("/chat/static/") ? "." : "chat/static/", script.src);

  function start() {
    let element = document.querySelector("b12-symptom-check");
    if (!element) {
      element = document.createElement("b12-symptom-check");
      const { target, now, worker, ...options } = script.dataset;
      for (const [name, value] of Object.entries(options)) element.setAttribute(name, value);
      const place = target && document.querySelector(target);
      if (place) place.append(element);
      else {
        element.setAttribute("launcher", "");
        document.body.append(element);
      }
    }
    if (!element.hasAttribute("service")) element.setAttribute("service", new URL("../", files).href);
    import(new URL("chat.js", files).href).catch((error) => {
      console.error("The symptom check could not be loaded.", error);
    });
  }

  // Keeps the chat and its numbers for a reload without a network; only a page's own site may do so.
  const { worker } = script.dataset;
  if (worker) {
    navigator.serviceWorker?.register(worker).catch((error) => {
      console.warn("The symptom check is not kept for use without a network.", error);
    });
  }

  const whenIdle = () => (window.requestIdleCallback || setTimeout)(start, { timeout: 2000 });
  // On the chat's own page the chat is what she came for.
  if (script.dataset.now !== undefined) start();
  else if (document.readyState === "complete") whenIdle();
  else addEventListener("load", whenIdle, { once: true });
})();
