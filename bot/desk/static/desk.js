// Starts what a page of the desk needs. Without any of it the pages still work, by reloading.
import { showTimes } from "./clocks.js";
import { listenForKeys } from "./keys.js";
import { follow } from "./live.js";
import { prepareSound } from "./sound.js";

function openDialogs() {
  for (const button of document.querySelectorAll("button[data-dialog]")) {
    button.addEventListener("click", () => {
      document.getElementById(button.dataset.dialog).showModal();
    });
  }
}

// A list that is chosen from takes effect at once; the button is for those without this script.
function submitOnChoice() {
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-submit]")) {
      event.target.form.requestSubmit();
    }
  });
}

// The explanation of a finding goes away with Escape and comes back with the next look.
function hideExplanations() {
  const hide = (isHidden) => document.documentElement.classList.toggle("no-tips", isHidden);
  document.addEventListener("keydown", (event) => hide(event.key === "Escape"));
  document.addEventListener("pointerover", () => hide(false));
}

function printOnRequest() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) {
      window.print();
    }
  });
  window.addEventListener("beforeprint", () => {
    for (const place of document.querySelectorAll("[data-now]")) {
      place.textContent = new Date().toLocaleString();
    }
  });
}

showTimes();
openDialogs();
submitOnChoice();
hideExplanations();
printOnRequest();
listenForKeys();
if (document.getElementById("link-state")) {
  prepareSound();
  follow();
}
const conflict = document.getElementById("conflict");
if (conflict) {
  conflict.focus();
}
