// The planner: prices a budget in the page, by the same draws of the model as `mmm plan`.
"use strict";
(() => {
  const id = "budgets-planner";
  const place = document.getElementById(id);
  const given = window.report?.views[id]?.widget;
  if (!place || !given) return;

  const { channels, regions, draws, spend, plans } = given;
  const MOST = 3, STEPS = 32; // where the published shapes end; how many lie below today's plan
  const everywhere = regions.map((_, r) => r);
  const grid = (value) => regions.map((_, r) => channels.map((_, c) => value(r, c)));
  const sum = (values) => values.reduce((total, value) => total + value, 0);

  // ------------------------------------------------------------------ prices
  const curves = given.curves.map(({ heights, units, weights }) => {
    const bytes = Uint8Array.from(atob(weights), (sign) => sign.charCodeAt(0));
    const packed = new DataView(bytes.buffer), count = heights.length;
    const weight = new Float64Array(packed.byteLength / 2);
    for (let i = 0; i < weight.length; i += 1) {
      weight[i] = packed.getInt16(2 * i, true) * units[Math.floor(i / (draws * count))][i % count];
    }
    const mean = regions.map((_, r) => heights.map((_, k) => {
      let total = 0;
      for (let m = 0; m < draws; m += 1) total += weight[(r * draws + m) * count + k];
      return total / draws;
    }));
    return { heights, weight, mean, count };
  });

  // Height of a shape at a multiple of today's spend: a cubic through four points around it.
  function height(points, multiplier) {
    const at = Math.sqrt(Math.min(multiplier, MOST)) * STEPS, i = Math.floor(at), t = at - i;
    const b = points[i], c = points[i + 1], a = points[i - 1] ?? 2 * b - c, d = points[i + 2];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }

  // What a channel brings in a region a week, added to `response` draw by draw.
  function add(response, r, c, multiplier) {
    const { heights, weight, count } = curves[c];
    const tall = heights.map((points) => height(points, multiplier));
    for (let m = 0, at = r * draws * count; m < draws; m += 1) {
      for (let k = 0; k < count; k += 1, at += 1) response[m] += weight[at] * tall[k];
    }
  }

  function worth(r, c, multiplier) {
    const known = given.worth[r][c];
    if (!Array.isArray(known)) return known ?? NaN;
    const at = (multiplier / MOST) * (known.length - 1), i = Math.min(Math.floor(at), known.length - 2);
    return known[i] + (at - i) * (known[i + 1] - known[i]);
  }

  // Expected value of what a channel brings in a region a week.
  function valueOf(r, c, multiplier) {
    const { heights, mean } = curves[c];
    return worth(r, c, multiplier) * sum(heights.map((points, k) => mean[r][k] * height(points, multiplier)));
  }

  // Spend, response by draw, value, and what 1 % more would add to it: one channel in some regions.
  function price(plan, where, c) {
    const found = { money: 0, response: new Float64Array(draws), value: 0, more: 0 };
    for (const r of where) {
      if (!spend[r][c]) continue;
      const multiplier = plan[r][c];
      add(found.response, r, c, multiplier);
      found.money += spend[r][c] * multiplier;
      found.value += valueOf(r, c, multiplier);
      found.more += (valueOf(r, c, 1.005 * multiplier) - valueOf(r, c, 0.995 * multiplier)) / 0.01;
    }
    return found;
  }

  function together(parts) {
    const all = { response: new Float64Array(draws) };
    for (const key of ["money", "value", "more"]) all[key] = sum(parts.map((part) => part[key]));
    for (const { response } of parts) response.forEach((one, m) => { all.response[m] += one; });
    return all;
  }
  const priceAll = (plan, where) => channels.map((_, c) => price(plan, where, c));

  // Mean and 90 % interval over draws: of many their quantiles, of few Student's distribution.
  function interval(response) {
    const mean = sum(response) / draws;
    if (given.few) {
      const variance = draws > 1 ? sum(response.map((one) => (one - mean) ** 2)) / (draws - 1) : 0;
      const half = given.few.factor * Math.sqrt(variance + (given.few.doubt * mean) ** 2);
      return { mean, low: response.every((one) => one >= 0) ? Math.max(mean - half, 0) : mean - half, high: mean + half };
    }
    const sorted = Float64Array.from(response).sort();
    const quantile = (share) => {
      const at = share * (draws - 1), i = Math.floor(at);
      return sorted[i] + (at - i) * ((sorted[i + 1] ?? sorted[i]) - sorted[i]);
    };
    return { mean, low: quantile(0.05), high: quantile(0.95) };
  }

  // ------------------------------------------------------------------- state
  const today = grid(() => 1);
  const asPlan = (money) => grid((r, c) => spend[r][c] > 0 ? Math.min(money[r][c] / spend[r][c], MOST) : 1);
  const recommended = plans.map((plan) => asPlan(plan.spend));
  const state = { plan: grid(() => 1), split: grid(() => 1), region: -1, against: 0, channel: 0 };
  const scope = () => state.region < 0 ? everywhere : [state.region];
  const moneyOf = (plan, c, where = scope()) => sum(where.map((r) => spend[r][c] * plan[r][c]));

  function setAll(plan) {
    state.plan = grid((r, c) => plan[r][c]);
    state.split = grid((r, c) => plan[r][c]);
  }

  // All regions together keep the split that was set last.
  const scaled = (c, money) => {
    const whole = moneyOf(state.split, c, everywhere);
    return everywhere.map((r) => Math.min(whole > 0 ? (state.split[r][c] * money) / whole : money / moneyOf(today, c, everywhere), MOST));
  };

  function setMoney(c, money) {
    const wanted = Math.max(money, 0);
    if (state.region < 0) scaled(c, wanted).forEach((multiplier, r) => { state.plan[r][c] = multiplier; });
    else {
      state.plan[state.region][c] = Math.min(wanted / spend[state.region][c], MOST);
      everywhere.forEach((r) => { state.split[r][c] = state.plan[r][c]; });
    }
    state.channel = c;
  }

  // ------------------------------------------------------------------- words
  const sign = (value, signed) => value < 0 ? "−" : signed && value > 0 ? "+" : "";
  function number(value, signed = false) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    const [unit, letter] = [[1e12, "tn"], [1e9, "bn"], [1e6, "M"], [1e3, "k"], [1, ""]].find(([one]) => size >= 0.9995 * one) ?? [1, ""];
    if (letter === "k" && size < 9999.5) return sign(value, signed) + Math.round(size).toLocaleString("en");
    const written = Number((size / unit).toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
    return (written === "0" ? "" : sign(value, signed)) + written + (letter && `\u00a0${letter}`);
  }
  const percent = (share) => Number.isFinite(share)
    ? `${sign(share, true)}${Number((100 * Math.abs(share)).toPrecision(Math.abs(share) >= 0.0995 ? 3 : 2)).toLocaleString("en", { maximumFractionDigits: Math.abs(share) >= 0.0995 ? 0 : 2 })}\u00a0%` : "–";
  const money = (value) => given.money.replace("{}", number(value));
  const range = ({ low, high }, signed) => `${number(low, signed)} to ${number(high, signed)}`;

  // -------------------------------------------------------------------- page
  const find = (selector) => place.querySelector(selector);
  const levers = [...place.querySelectorAll(".lever")].map((lever) => ({
    slider: lever.querySelector("[type=range]"), typed: lever.querySelector("[type=number]"),
    change: lever.querySelector(".change"), brings: lever.querySelector(".brings"),
    marks: lever.querySelectorAll(".mark"), row: lever,
  }));
  const reading = document.getElementById(`${id}-reading`);
  const settings = { region: find("[data-set=region]"), plan: find("[data-set=plan]") };

  function show(name, value, shown, said) {
    const box = find(`[data-out=${name}]`);
    box.textContent = shown;
    Object.assign(box.dataset, value);
    find(`[data-words=${name}]`).textContent = said;
  }

  function gap(name, price, other, said) {
    const found = interval(price.response.map((one, m) => one - other.response[m]));
    show(name, found, number(found.mean, true), `${range(found, true)}; ${said}`);
    return found;
  }

  const against = (now, then) => Math.abs(now / then - 1) < 5e-5 ? "as today" : percent(now / then - 1);

  function showLever(c, part) {
    const { slider, typed, change, brings, marks } = levers[c];
    const usual = moneyOf(today, c), each = interval(part.response);
    for (const field of [slider, typed]) field.disabled = !(usual > 0);
    if (document.activeElement !== slider) slider.value = usual > 0 ? Math.round((100 * part.money) / usual) : 0;
    if (document.activeElement !== typed) typed.value = part.money >= 1000 ? Math.round(part.money) : Number(part.money.toPrecision(4));
    change.textContent = usual > 0 ? against(part.money, usual) : "none so far";
    const returns = part.money > 0 && part.value ? ` · next ${given.unit} returns ${number(part.more / part.money)}` : "";
    brings.textContent = `${number(each.mean)} ${given.kpi} (${range(each)})${returns}`;
    slider.setAttribute("aria-valuetext", `${money(part.money)} a week, ${change.textContent}`);
    marks[1].style.setProperty("--at", usual > 0 ? moneyOf(recommended[state.against], c) / usual / MOST : 0);
    levers[c].row.classList.toggle("chosen", c === state.channel);
  }

  let found = null, waiting = false;
  function refresh() {
    const where = scope(), parts = priceAll(state.plan, where), all = together(parts);
    const before = together(priceAll(today, where)), advised = together(priceAll(recommended[state.against], where));
    const brings = interval(all.response);
    show("spend", { mean: all.money }, money(all.money), `${against(all.money, before.money)}${all.money === before.money ? "" : " against today"}`);
    show("kpi", brings, number(brings.mean), `90 % interval ${range(brings)}`);
    const gain = gap("today", all, before, percent(sum(all.response) / sum(before.response) - 1));
    gap("recommended", all, advised, `${plans[state.against].name}: ${money(advised.money)}`);
    show("roi", { mean: all.value / all.money, next: all.more / all.money }, number(all.value / all.money),
      Number.isFinite(all.value) ? `next ${given.unit}, spread the same way, returns ${number(all.more / all.money)}` : "no value of the KPI is known");
    parts.forEach((part, c) => showLever(c, part));
    find(".now").textContent = `${money(all.money)} bring ${number(brings.mean)}, ${number(gain.mean, true)} against today`;
    found = { brings, gain, money: all.money };
    if (!waiting) requestAnimationFrame(() => { waiting = false; window.report.redraw(id); });
    waiting = true;
  }

  function tell() {
    const at = state.region < 0 ? "" : ` in ${regions[state.region]}`;
    reading.textContent = `${money(found.money)} a week${at} bring ${number(found.brings.mean)} ${given.kpi} through media `
      + `(90 % interval ${range(found.brings)}), ${number(found.gain.mean, true)} against today (${range(found.gain, true)}).`;
    const words = new URLSearchParams();
    if (state.against) words.append("plan", plans[state.against].id);
    if (state.region >= 0) words.append("region", regions[state.region]);
    for (const [name, amount] of changed()) words.append("spend", `${name}=${Number(amount.toPrecision(7))}`);
    const plain = location.pathname + location.search;
    history.replaceState(null, "", words.size ? `${plain}#what-if?${words}` : plain);
  }

  // What differs from today: a channel, or its regions where they differ among themselves.
  const changed = () => channels.flatMap((name, c) => {
    const paid = everywhere.filter((r) => spend[r][c] > 0), first = state.plan[paid[0]]?.[c];
    const even = paid.every((r) => Math.abs(state.plan[r][c] - first) < 1e-9 * first + 1e-12);
    if (even) return first === undefined || first === 1 ? [] : [[name, moneyOf(state.plan, c, everywhere)]];
    return paid.filter((r) => state.plan[r][c] !== 1).map((r) => [`${name}@${regions[r]}`, spend[r][c] * state.plan[r][c]]);
  });

  // The plan of a link; what it names and this page does not know is said.
  function follow() {
    if (!location.hash.startsWith("#what-if?")) return false;
    const words = new URLSearchParams(location.hash.slice("#what-if?".length)), unknown = [];
    setAll(today);
    state.against = Math.max(plans.findIndex((plan) => plan.id === words.get("plan")), 0);
    state.region = regions.indexOf(words.get("region"));
    for (const word of words.getAll("spend")) {
      const cut = word.lastIndexOf("="), name = word.slice(0, cut), amount = Number(word.slice(cut + 1));
      const whole = channels.indexOf(name);
      const c = whole < 0 ? channels.findIndex((one) => regions.some((r) => name === `${one}@${r}`)) : whole;
      const r = whole < 0 ? regions.findIndex((one) => name === `${channels[c]}@${one}`) : -1;
      const usual = c < 0 ? 0 : moneyOf(today, c, r < 0 ? everywhere : [r]);
      if (!(usual > 0 && amount >= 0 && Number.isFinite(amount))) { unknown.push(word); continue; }
      for (const one of r < 0 ? everywhere : [r]) state.plan[one][c] = Math.min(amount / usual, MOST);
      state.channel = c;
    }
    setAll(state.plan);
    settings.plan.selectedIndex = state.against;
    settings.region.selectedIndex = state.region + 1;
    say(unknown.length ? `The link names what this page does not know: ${unknown.join(", ")}.` : "");
    return true;
  }

  const say = (text) => { find(".said").textContent = text; };

  // The curve of the channel that was moved last, in the regions that are looked at.
  function drawing() {
    const c = state.channel, where = scope(), usual = moneyOf(today, c), colour = given.colours[c];
    const points = Array.from({ length: 41 }, (_, i) => {
      const times = (MOST * i) / 40, split = state.region < 0 ? scaled(c, usual * times) : null;
      const plan = regions.map((_, r) => ({ [c]: split ? split[r] : times }));
      const part = price(plan, where, c);
      return { x: part.money, ...interval(part.response) };
    });
    const line = (name) => points.map((point) => point[name]);
    const dot = (plan) => {
      const part = price(plan, where, c);
      return { x: [part.money], y: [interval(part.response).mean] };
    };
    return {
      traces: [
        { x: line("x"), y: line("low"), line: { width: 0, color: colour } },
        { x: line("x"), y: line("high"), line: { width: 0, color: colour }, fillcolor: `${colour}/0.16` },
        { x: line("x"), y: line("mean"), line: { color: colour, width: 2.4 } },
        dot(today), dot(recommended[state.against]), { ...dot(state.plan), marker: { symbol: "circle", size: 12, color: colour } },
      ],
      layout: { xaxis: { title: { text: `${given.labels[c]}: spend per week, ${given.unit}` } } },
    };
  }

  function save() {
    const rows = channels.flatMap((name, c) => regions.map((region, r) => {
      const part = interval(price(state.plan, [r], c).response);
      return [name, region, spend[r][c], spend[r][c] * state.plan[r][c], plans[state.against].spend[r][c], part.mean, part.low, part.high];
    }));
    const head = ["channel", "region", "spend_today", "spend", "spend_recommended", "response", "response_lower", "response_upper"];
    window.report.saveCsv(`plan-${given.week}.csv`, [head, ...rows]);
  }

  const actions = {
    today: () => setAll(today),
    recommended: () => setAll(recommended[state.against]),
    save,
    link: () => navigator.clipboard?.writeText(location.href).then(
      () => say("The link is copied: it carries the plan."), () => say("Copy the address of this page: it carries the plan.")),
  };

  settings.region.append(new Option("All regions"), ...regions.map((name) => new Option(name)));
  settings.plan.append(...plans.map((plan) => new Option(plan.name)));
  settings.region.addEventListener("change", () => { state.region = settings.region.selectedIndex - 1; refresh(); tell(); });
  settings.plan.addEventListener("change", () => { state.against = settings.plan.selectedIndex; refresh(); tell(); });
  for (const button of place.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => { say(""); actions[button.dataset.do](); refresh(); tell(); });
  }
  levers.forEach(({ slider, typed }, c) => {
    slider.addEventListener("input", () => { setMoney(c, (moneyOf(today, c) * slider.value) / 100); refresh(); });
    typed.addEventListener("input", () => { setMoney(c, Number(typed.value)); refresh(); });
    for (const field of [slider, typed]) {
      field.addEventListener("focus", () => { state.channel = c; refresh(); });
      field.addEventListener("change", tell);
      field.addEventListener("blur", refresh);
    }
  });
  window.addEventListener("hashchange", () => { if (follow()) { refresh(); tell(); } });

  reading.setAttribute("aria-live", "polite");
  window.report.live.set(id, drawing);
  const linked = follow();
  refresh();
  if (linked) { tell(); place.scrollIntoView(); }
})();
