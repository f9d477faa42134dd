// Draws the diagrams of a page that has any, with the program in vendor/. Without it their text stays, as code.
(function () {
  "use strict";
  const program = new URL("vendor/mermaid.min.js", document.currentScript.src).href;
  let loading = null;

  function load() {
    loading ??= new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = program;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }

  // The page's own colors, by name: so a picture follows the palette, and is black on white on paper.
  const colors = `
    .node rect, .node circle, .node ellipse, .node polygon, .node path {
      fill: var(--md-code-bg-color); stroke: var(--md-default-fg-color--light);
    }
    .cluster rect { fill: none; stroke: var(--md-default-fg-color--lighter); }
    text, tspan, .nodeLabel, .edgeLabel, .cluster-label, .label, p, span {
      color: var(--md-typeset-color); fill: var(--md-typeset-color);
    }
    .edgeLabel rect, .edgeLabel p, .labelBkg {
      background-color: var(--md-default-bg-color); fill: var(--md-default-bg-color); opacity: 1;
    }
    .flowchart-link { stroke: var(--md-default-fg-color--light); }
    .marker { fill: var(--md-default-fg-color--light); stroke: var(--md-default-fg-color--light); }
  `;

  // What the picture is about, for who can't see it: the heading above it. Its text describes it.
  function label(source) {
    let element = source;
    while (element && !/^H[1-6]$/.test(element.tagName)) {
      element = element.previousElementSibling || element.parentElement;
    }
    const heading = element ? element.firstChild.textContent.trim() : document.title;
    return "Diagram: " + heading;
  }

  let count = 0;

  async function draw() {
    const sources = [...document.querySelectorAll("pre.diagram:not([hidden])")];
    if (sources.length === 0) {
      return;
    }
    await load();
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: "neutral",
      themeCSS: colors,
      fontFamily: getComputedStyle(document.body).fontFamily,
    });
    for (const source of sources) {
      const { svg } = await mermaid.render("diagram-" + ++count, source.textContent);
      const picture = document.createElement("div");
      picture.className = "diagram-picture";
      picture.tabIndex = 0; // so that a keyboard can scroll it where it is wider than the page
      picture.setAttribute("role", "img");
      picture.setAttribute("aria-label", label(source));
      picture.setAttribute("aria-describedby", (source.id = "diagram-text-" + count));
      picture.innerHTML = svg;
      // It shrinks to fit, but not to what nobody can read: then the picture is what scrolls.
      const drawn = picture.firstElementChild;
      drawn.style.minWidth = Math.min(drawn.viewBox.baseVal.width, 600) + "px";
      source.before(picture);
      source.hidden = true;
    }
  }

  // One page after the other: mermaid keeps its settings for the whole window.
  let drawing = Promise.resolve();

  function start() {
    drawing = drawing.then(draw).catch(function (error) {
      console.warn("diagrams are shown as text:", error);
    });
  }

  // With instant loading, pages come and go without a reload; the theme says when.
  if (typeof document$ !== "undefined") {
    document$.subscribe(start);
  } else {
    start();
  }
})();
