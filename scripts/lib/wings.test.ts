import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { circles, foreignImports, type ImportGraph, readImports, relativeImports } from "./importGraph.ts";
import { picture, upwardImports } from "./wings.ts";
import { pictureIn } from "./wingsPage.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const graph = readImports(ROOT);
const graphOf = (imports: Record<string, string[]>): ImportGraph => new Map(Object.entries(imports));

test("no import of the orchestrator goes up", () => {
  expect(graph.size).toBeGreaterThan(300);
  expect(upwardImports(graph)).toEqual([]);
});

test("no files import each other in a circle", () => {
  expect(circles(graph)).toEqual([]);
});

test("no workspace imports another one's files by path", () => {
  expect(foreignImports(graph)).toEqual([]);
});

test("docs/architecture.md shows the wings as they are", () => {
  const page = readFileSync(`${ROOT}/docs/architecture.md`, "utf8");

  expect(pictureIn(page), "run: npm run wings").toBe(picture(graph));
});

test("type imports, dynamic imports and imports over several lines are seen", () => {
  const source = [
    'import type { A } from "./a.ts";',
    'import {\n  b,\n} from "../b.ts";',
    'const c = await import("./c.ts");',
    'export { d } from "./d.ts";',
    'import "./e.ts";',
    'import { z } from "zod";',
  ].join("\n");

  expect(relativeImports("x/y/z.ts", source)).toEqual(["x/y/a.ts", "x/b.ts", "x/y/c.ts", "x/y/d.ts", "x/y/e.ts"]);
});

test("an import from a lower wing to a higher one is named", () => {
  const [low, high] = ["orchestrator/src/archive/calls/a.ts", "orchestrator/src/outside/api/b.ts"];

  expect(upwardImports(graphOf({ [low]: [high], [high]: [low] }))).toEqual([`${low} → ${high}`]);
  expect(upwardImports(graphOf({ "orchestrator/src/cellar/a.ts": [] }))).toEqual([expect.stringContaining("no floor")]);
});

test("a circle is named once, whatever file it is entered by", () => {
  expect(circles(graphOf({ a: ["c"], b: ["a"], c: ["b"], d: ["b"] }))).toEqual([["a", "c", "b"]]);
});

test("an import of another workspace's file is named, unless a test does it", () => {
  const to = "services/live/src/plan.ts";

  expect(foreignImports(graphOf({ "orchestrator/src/a.ts": [to], "orchestrator/src/a.test.ts": [to] }))).toEqual([
    `orchestrator/src/a.ts → ${to}`,
  ]);
});
