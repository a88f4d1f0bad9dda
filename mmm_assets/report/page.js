// The page: scheme, charts drawn as they scroll into view, selectors, tables, navigation.
"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report-data").textContent);
  const root = document.documentElement;
  const drawn = new Map(); // id of a view -> its chart's element
  const chosen = new Map(); // id of a view -> index of its choice
  const live = new Map(); // id of a view -> what its own script wants drawn, in the form of a choice
  let printing = false;

  // ------------------------------------------------------------------ scheme
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const remembered = {
    get: () => { try { return localStorage.getItem("scheme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("scheme", value); } catch { /* private mode */ } },
  };
  const scheme = () => printing ? "light" : remembered.get() ?? root.dataset.asked
    ?? (system.matches ? "dark" : "light");

  function paint() {
    root.dataset.scheme = scheme();
    const button = document.getElementById("scheme");
    if (button) button.textContent = scheme() === "dark" ? "Light" : "Dark";
    for (const id of drawn.keys()) draw(id);
  }

  const faded = (hex, alpha) =>
    `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${alpha})`;

  function colour(token) {
    if (Array.isArray(token)) return token.map(colour);
    if (typeof token !== "string" || token[0] !== "@") return token;
    const [name, alpha] = token.slice(1).split("/");
    const value = report.palette[root.dataset.scheme][name];
    if (Array.isArray(value)) return value.map((part, i) => [i / (value.length - 1), part]);
    return alpha ? faded(value, alpha) : value;
  }

  // A copy of a figure with its tokens turned into colours; only colour attributes hold tokens.
  function painted(node, key = "") {
    if (/colors?$|colorscale$/i.test(key)) {
      if (key !== "color" || !(node && typeof node === "object" && !Array.isArray(node))) return colour(node);
    }
    if (Array.isArray(node)) {
      return node.length && typeof node[0] === "object" && node[0] !== null && !Array.isArray(node[0])
        ? node.map((item) => painted(item)) : node;
    }
    if (node === null || typeof node !== "object") return node;
    return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, painted(item, name)]));
  }

  // ------------------------------------------------------------------ charts
  const isObject = (value) => value && typeof value === "object" && !Array.isArray(value);
  function merged(under, over) {
    const result = { ...under };
    for (const [key, value] of Object.entries(over)) {
      result[key] = isObject(value) && isObject(under[key]) ? merged(under[key], value) : value;
    }
    return result;
  }

  function template(width, layout) {
    const ink = colour("@ink"), muted = colour("@muted"), line = colour("@line");
    const axis = {
      gridcolor: line, linecolor: line, zerolinecolor: muted, zerolinewidth: 1, zeroline: false, tickcolor: line,
      tickfont: { color: muted, size: width < 480 ? 10.5 : 11.5 }, exponentformat: "B", minexponent: 3,
      title: { font: { color: muted, size: 11.5 }, standoff: 10 }, automargin: true, nticks: width < 480 ? 5 : 9,
    };
    const base = {
      font: { family: getComputedStyle(document.body).fontFamily, color: ink, size: 12 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 44, r: 12, t: 10, b: 36, pad: 4 }, hovermode: "closest", dragmode: false,
      hoverlabel: { bgcolor: colour("@paper"), bordercolor: line, font: { color: ink, size: 12 }, namelength: -1, align: "left" },
      legend: { orientation: "h", x: 0, y: -0.16, yanchor: "top", font: { size: 11.5, color: muted }, itemsizing: "constant", title: { text: "" } },
      xaxis: {}, yaxis: {}, bargap: 0.3, modebar: { bgcolor: "rgba(0,0,0,0)", color: muted, activecolor: ink },
      uirevision: "kept",
    };
    const full = merged(base, layout);
    for (const key of Object.keys(full)) {
      if (/^[xy]axis\d*$/.test(key)) {
        full[key] = merged(axis, full[key]);
        if (full[key].type === "category") {
          delete full[key].nticks;
          if (key[0] === "x") full[key] = { autotickangles: [0, -40, -90], ...full[key] };
        }
      }
    }
    return full;
  }

  // Small multiples: as many columns as the width allows, every panel equally large.
  function panelled(layout, panels, width) {
    const rows = Math.ceil(panels / Math.max(1, Math.floor(width / 250)));
    const columns = Math.ceil(panels / rows);
    const height = rows * 170 + 40;
    const gap = { x: columns > 1 ? 0.05 : 0, y: 72 / height };
    const size = { x: (1 - gap.x * (columns - 1)) / columns, y: (1 - gap.y * rows) / rows };
    for (let i = 0; i < panels; i += 1) {
      const name = i ? String(i + 1) : "";
      const left = (i % columns) * (size.x + gap.x);
      const top = 1 - gap.y * 0.6 - Math.floor(i / columns) * (size.y + gap.y);
      const place = { domain: [left, left + size.x], anchor: `y${name}`, nticks: 3 };
      layout[`xaxis${name}`] = { ...layout[`xaxis${name}`], ...place };
      layout[`yaxis${name}`] = { ...layout[`yaxis${name}`], ...place, domain: [Math.max(0, top - size.y), top], anchor: `x${name}` };
      if (layout.annotations?.[i]) {
        Object.assign(layout.annotations[i], { x: left, y: top, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false });
      }
    }
    layout.height = height;
    return layout;
  }

  // d3 writes 0.0457 as "45.7m", which people read as millions: where a trace has numbers below
  // one, its hover texts write out all zeros.
  const isSmall = (values) => [values].flat(Infinity).some((value) => value && Math.abs(value) < 1);
  function readable(trace) {
    if (typeof trace.hovertemplate !== "string") return trace;
    const hovertemplate = trace.hovertemplate.replace(/%\{(\w+)(\[\d+\])?:(\+?)\.3~?s\}/g,
      (whole, name, place = "", sign) => isSmall(trace[name]) ? `%{${name}${place}:${sign},.3~r}` : whole);
    return { ...trace, hovertemplate };
  }

  function draw(id) {
    const view = report.views[id];
    const place = document.getElementById(`chart-${id}`);
    // Layout for paper happens after this event: draw for the columns of an A4 page.
    const wide = place.closest(".view").classList.contains("wide");
    const width = printing ? (wide ? 950 : 440) : place.clientWidth;
    const choice = live.get(id)?.() ?? view.choices?.[chosen.get(id) ?? 0];
    const data = view.figure.data.map((trace, i) => readable(painted({ ...trace, ...(choice?.traces[i] ?? {}) })));
    let layout = painted(merged(view.figure.layout, choice?.layout ?? {}));
    layout = view.panels ? panelled(layout, view.panels, width) : { ...layout, height: view.height };
    if (width < 480 && layout.margin === undefined) layout.margin = { l: 34, r: 6, t: 8, b: 32, pad: 3 };
    layout.width = width;
    place.style.minHeight = `${layout.height}px`;
    drawn.set(id, place);
    place.dataset.width = width;
    return Plotly.react(place, data, template(width, layout), {
      responsive: false, displaylogo: false, showSendToCloud: false, scrollZoom: false,
      displayModeBar: width > 480, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
      toImageButtonOptions: { filename: id, scale: 2 },
    }).then(() => { place.dataset.drawn = "yes"; });
  }

  const drawAll = () => Promise.all(Object.keys(report.views).filter((id) => report.views[id].figure).map(draw));

  function watchCharts() {
    const seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        draw(target.id.slice("chart-".length));
      }
    }, { rootMargin: "300px 0px" });
    const sizes = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const old = Number(target.dataset.width);
        if (target.dataset.drawn && Math.abs(target.clientWidth - old) > 8) draw(target.id.slice("chart-".length));
      }
    });
    for (const place of document.querySelectorAll(".chart")) { seen.observe(place); sizes.observe(place); }
  }

  // The first choice is what the reading in the page tells of.
  const firstReadings = new Map();
  function read(id) {
    const place = document.getElementById(`${id}-reading`);
    if (!firstReadings.has(id)) firstReadings.set(id, place.textContent);
    const index = chosen.get(id) ?? 0;
    place.textContent = (index && report.views[id].choices[index].reading) || firstReadings.get(id);
  }

  function watchSelectors() {
    for (const select of document.querySelectorAll("select[data-view]")) {
      select.addEventListener("change", () => {
        // One choice serves its section: the same region, channel or scenario in every view.
        const wanted = select.value;
        for (const other of select.closest("section").querySelectorAll("select[data-view]")) {
          const index = [...other.options].findIndex((option) => option.value === wanted);
          if (index < 0 || other.dataset.label !== select.dataset.label) continue;
          other.selectedIndex = index;
          chosen.set(other.dataset.view, index);
          read(other.dataset.view);
          if (drawn.has(other.dataset.view) || other === select) draw(other.dataset.view);
        }
      });
    }
  }

  // ------------------------------------------------------------------ tables
  const figures = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
  const shown = (value) => value === null ? "" : typeof value === "number" ? figures.format(value) : String(value);

  function tableOf(id, { columns, rows, total }) {
    const box = document.createElement("div");
    box.className = "scroll";
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "Data table");
    const table = box.appendChild(document.createElement("table"));
    const head = table.createTHead().insertRow();
    const body = table.createTBody();
    const numeric = columns.map((_, i) => rows.some((row) => typeof row[i] === "number"));
    const fill = () => {
      body.replaceChildren();
      for (const row of rows) {
        const line = body.insertRow();
        row.forEach((value, i) => {
          const cell = line.insertCell();
          cell.textContent = shown(value);
          cell.className = numeric[i] ? "number" : String(value).length > 40 ? "text" : "";
        });
      }
    };
    columns.forEach((name, i) => {
      const cell = head.appendChild(document.createElement("th"));
      cell.scope = "col";
      if (numeric[i]) cell.className = "number";
      const button = cell.appendChild(document.createElement("button"));
      button.type = "button";
      button.textContent = name;
      button.title = "Sort";
      let direction = numeric[i] ? -1 : 1;
      button.addEventListener("click", () => {
        for (const other of head.cells) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        rows.sort((a, b) => direction * (numeric[i] ? (a[i] ?? -Infinity) - (b[i] ?? -Infinity)
          : String(a[i] ?? "").localeCompare(String(b[i] ?? ""))));
        direction = -direction;
        fill();
      });
    });
    fill();
    const below = document.createElement("p");
    below.className = "total";
    const save = below.appendChild(document.createElement("button"));
    save.type = "button";
    save.textContent = total > rows.length ? "Save these rows as CSV" : "Save as CSV";
    save.addEventListener("click", () => saveCsv(`${id}.csv`, [columns, ...rows]));
    if (total > rows.length) below.append(` ${rows.length} of ${total} rows; the query gives all of them.`);
    return [box, below];
  }

  // A text that a spreadsheet would take for a formula is marked as text.
  const csvCell = (value) => {
    const text = value === null ? "" : typeof value === "string" ? value.replace(/^[=+@\t-]/, "'$&") : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  function saveCsv(name, lines) {
    const link = document.createElement("a");
    const text = lines.map((line) => line.map(csvCell).join(",")).join("\r\n");
    link.href = URL.createObjectURL(new Blob([`\ufeff${text}\r\n`], { type: "text/csv" }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function watchTables() {
    for (const details of document.querySelectorAll("details[data-view]")) {
      details.addEventListener("toggle", () => {
        const place = details.querySelector(".table");
        const table = report.views[details.dataset.view].table;
        if (details.open && table && !place.childElementCount) place.append(...tableOf(details.dataset.view, table));
      });
    }
  }

  // -------------------------------------------------------------- navigation
  function watchSections() {
    const links = new Map([...document.querySelectorAll(".top nav a")].map((a) => [a.hash.slice(1), a]));
    const seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting || !links.has(target.id)) continue;
        for (const [id, link] of links) {
          if (id === target.id) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
        const link = links.get(target.id), nav = link.parentElement;
        nav.scrollLeft = link.offsetLeft - nav.offsetLeft - nav.clientWidth / 2 + link.clientWidth / 2;
      }
    }, { rootMargin: "-20% 0px -75% 0px" });
    for (const section of document.querySelectorAll("section[id]")) seen.observe(section);
  }

  root.dataset.scheme = scheme();
  document.getElementById("scheme")?.addEventListener("click", () => {
    remembered.set(scheme() === "dark" ? "light" : "dark");
    root.dataset.asked = scheme();
    paint();
  });
  system.addEventListener("change", paint);
  window.addEventListener("beforeprint", () => { printing = true; paint(); drawAll(); });
  window.addEventListener("afterprint", () => { printing = false; paint(); });
  paint();
  watchSelectors();
  watchTables();
  watchSections();
  watchCharts();
  const redraw = (id) => { if (drawn.has(id)) draw(id); };
  window.report = { views: report.views, live, redraw, saveCsv, drawAll, ready: true };
})();
