// What the theme leaves out for those who listen to a page, or move in it with the keyboard.
(function () {
  "use strict";

  function mend() {
    document.querySelector(".md-search[role=dialog]")?.setAttribute("aria-label", "Search");
    for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) {
      if (table.scrollWidth > table.clientWidth) {
        table.tabIndex = 0;
      }
    }
  }

  window.addEventListener("load", mend);
  if (typeof document$ !== "undefined") {
    document$.subscribe(mend);
  }
})();
