import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Relative imports of each source file, type imports included: paths below the project's root, with `/`. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const SOURCES = ["orchestrator/src/**/*.{ts,tsx}", "services/*/src/**/*.{ts,tsx}"];
/** `from "./a.ts"`, `import "./a.ts"` and `import("./a.ts")`: Biome's format leaves no other form. */
const RELATIVE_IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g;

/** @param root the project's folder. */
export function readImports(root: string): ImportGraph {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  return new Map(files.map((file) => [file, relativeImports(file, readFileSync(join(root, file), "utf8"))]));
}

export function relativeImports(file: string, source: string): string[] {
  return [...source.matchAll(RELATIVE_IMPORT)].map(([, specifier = ""]) => normalize(join(dirname(file), specifier)));
}

/** Files that import each other: each circle once, beginning with the file whose name comes first. */
export function circles(graph: ImportGraph): string[][] {
  const found = new Map<string, string[]>();
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const begin = path.indexOf(file);
    if (begin >= 0) {
      const circle = path.slice(begin);
      const first = circle.indexOf(circle.toSorted()[0] ?? "");
      const ordered = [...circle.slice(first), ...circle.slice(0, first)];
      found.set(ordered.join(), ordered);
    } else if (!done.has(file)) {
      for (const imported of graph.get(file) ?? []) visit(imported, [...path, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) visit(file, []);
  return [...found.values()];
}

/** Files that import a file of another workspace by its path instead of by its package's name. Tests may. */
export function foreignImports(graph: ImportGraph): string[] {
  return [...graph].flatMap(([file, imports]) =>
    isTest(file) ? [] : imports.filter((to) => workspaceOf(to) !== workspaceOf(file)).map((to) => `${file} → ${to}`),
  );
}

/** Test files, and what only they use. */
export const isTest = (file: string): boolean => /\.test\.tsx?$|\/(testing|fuzz|endurance)\//.test(file);

const workspaceOf = (file: string): string => file.replace(/\/(src\/.*|package\.json)$/, "");
