// Unpacks the charting library that stands in this file as text, and draws the figures.
(async () => {
  "use strict";
  const root = document.documentElement;
  const slots = [...document.querySelectorAll("[data-figure]")];
  const done = (state) => { root.dataset.charts = state; };
  try {
    const packed = document.getElementById("plotly").textContent.trim();
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const library = document.createElement("script");
    library.textContent = await new Response(stream).text();
    document.head.append(library); // allowed by its hash in the content security policy
    const figures = JSON.parse(document.getElementById("figures").textContent);

    // Widen the range of bars so that the amount at the end of the longest one has room.
    const roomy = (layout, width) => {
      if (!layout.meta) return layout.xaxis;
      const letter = 7.6;
      const plot = Math.max(60, width - letter * layout.meta.name - 24);
      const [low, high] = layout.xaxis.range;
      const label = Math.min(0.4, (letter * layout.meta.amount + 12) / plot);
      const span = (high - low) / (1 - label * (low < 0 ? 2 : 1));
      return { ...layout.xaxis, range: [low < 0 ? low - label * span : low, high + label * span] };
    };
    const themed = (layout, figureWidth) => {
      const style = getComputedStyle(root);
      const color = (name) => style.getPropertyValue(name).trim();
      const axis = (given) => ({
        automargin: true, zerolinecolor: color("--line-strong"), gridcolor: color("--line"),
        linecolor: color("--line-strong"), fixedrange: true, ...given,
      });
      return {
        ...layout,
        width: figureWidth,
        autosize: false,
        font: { family: style.fontFamily, size: 12.5, color: color("--ink-soft") },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        hoverlabel: {
          bgcolor: color("--card"), bordercolor: color("--line-strong"), align: "left",
          font: { family: style.fontFamily, color: color("--ink") },
        },
        xaxis: axis(roomy(layout, figureWidth)),
        yaxis: axis(layout.yaxis),
        ...(layout.yaxis2 ? { yaxis2: axis(layout.yaxis2) } : {}),
      };
    };
    // A line in the color of text follows the reader's light or dark setting.
    const inked = (trace) => trace.line?.color !== "var(--ink)" ? trace : {
      ...trace, line: { ...trace.line, color: getComputedStyle(root).getPropertyValue("--ink").trim() },
    };
    const options = { displayModeBar: false, typesetMath: false, showTips: false };
    const draw = () => Promise.all(slots.map((slot) => {
      const figure = figures[slot.dataset.figure];
      const width = Math.max(220, Math.floor(slot.parentElement.clientWidth));
      return Plotly.react(slot, figure.data.map(inked), themed(structuredClone(figure.layout), width), options);
    }));
    await draw();

    let waiting = 0;
    const again = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); };
    addEventListener("resize", again);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    matchMedia("print").addEventListener("change", again);
    done("drawn");
  } catch (fault) {
    done("failed"); // the tables below each chart hold the same figures
    console.warn("charts could not be drawn:", fault);
  }
})();
