// What the theme leaves without a name for those who listen to a page instead of seeing it.
(function () {
  "use strict";
  document.querySelector(".md-search[role=dialog]")?.setAttribute("aria-label", "Search");
})();
