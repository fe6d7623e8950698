import type { Part } from "./reconnect.ts";
import type { Verdict } from "./verdict.ts";

export interface Row {
  verdict: Verdict;
  browser: string;
  seconds: number;
  packetsLost: number;
  packetsPassed: number;
  /** Offset of the sound for each pair: time in the file in seconds, offset in milliseconds. */
  offsets: readonly (readonly [number, number])[];
  /** Scatter of the reference receiver's clock, in milliseconds. */
  scatterMs: number | undefined;
}

const HEADINGS = [
  "condition",
  "browser",
  "packets lost on the way",
  "frames of video",
  "packets of audio",
  "A/V offset: median, p95 (limit)",
  "longest hole: video, audio (limit)",
  "verdict",
];

/** The table of docs/fidelity.md, in Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ verdict, browser, packetsLost, packetsPassed }) => {
    const { condition, scores, offsetMedianMs, offsetP95Ms, faults } = verdict;
    const kept = (score: { present: number; sent: number } | undefined) =>
      score ? `${score.present} of ${score.sent}` : "–";
    const holes = `${ms(scores.video?.holeMs)}, ${ms(scores.audio?.holeMs)} (${ms(condition.holeMs)})`;
    return [
      condition.name,
      browser,
      `${packetsLost} of ${packetsLost + packetsPassed}`,
      kept(scores.video),
      kept(scores.audio),
      `${ms(offsetMedianMs, 1)}, ${ms(offsetP95Ms, 1)} (${ms(condition.offsetP95Ms)})`,
      holes,
      faults.length === 0 ? "as it must be" : `**${faults.join("; ")}**`,
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(HEADINGS), line(HEADINGS.map(() => "---")), ...lines.map(line)].join("\n");
}

/** Describes the two legs of a page that lost its network and called again. */
export function describeReconnect(browser: string, outageSeconds: number, parts: readonly Part[]): string {
  const legs = parts.map(({ presence: { video, audio }, lost }, index) => {
    const when = index === 0 ? "before" : "after";
    return `${when} it ${video.present} frames of video and ${audio.present} packets of audio, ${lost.video + lost.audio} missing`;
  });
  return `An outage of ${outageSeconds} s, after which the page (${browser}) calls again with the same \`metadata.call\`: ${parts.length} legs of one call in its manifest; ${legs.join("; ")}. What was encoded while nothing could pass is not counted.`;
}

function ms(value: number | undefined, digits = 0): string {
  return value === undefined ? "–" : `${value.toFixed(digits)} ms`;
}

const PLOT = { left: 60, width: 640, top: 34, rowHeight: 92, bandHeight: 56, rangeMs: 40 };
const INK = "#1f2933";

/** One small plot per call: the offset of the sound over time. SVG, readable on light and dark pages. */
export function offsetPlot(rows: readonly Row[]): string {
  const { left, width, top, rowHeight, bandHeight, rangeMs } = PLOT;
  const height = top + rows.length * rowHeight;
  const longest = Math.max(...rows.flatMap(({ offsets }) => offsets.map(([seconds]) => seconds)), 1);
  const x = (seconds: number) => (left + (seconds / longest) * (width - left - 20)).toFixed(1);
  const bands = rows.map(({ verdict, browser, offsets }, index) => {
    const middle = top + index * rowHeight + bandHeight / 2 + 16;
    const y = (value: number) =>
      (middle - (Math.max(-rangeMs, Math.min(rangeMs, value)) / rangeMs) * (bandHeight / 2)).toFixed(1);
    const limit = verdict.condition.offsetP95Ms;
    const allowed = `<rect x="${left}" y="${y(limit)}" width="${width - left - 20}" height="${(Number(y(-limit)) - Number(y(limit))).toFixed(1)}" fill="#d9efe3"/>`;
    const dots = offsets
      .map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value)}" r="2.6" fill="#0b7a4b"/>`)
      .join("");
    const axis = `<line x1="${left}" x2="${width - 20}" y1="${y(0)}" y2="${y(0)}" stroke="${INK}" stroke-width="0.7"/>`;
    const scale = [rangeMs, 0, -rangeMs]
      .map((value) => `<text x="${left - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`)
      .join("");
    const title = `<text x="${left}" y="${middle - bandHeight / 2 - 6}">${verdict.condition.name}, ${browser}</text>`;
    return title + allowed + axis + dots + scale;
  });
  const heading = `<text x="${left}" y="16" font-weight="600">Sound against picture, in ms, over the seconds of the call; green is allowed</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="${INK}"><title>Sound against picture over the time of each call</title><rect width="100%" height="100%" fill="#ffffff"/>${heading}${bands.join("")}</svg>\n`;
}
