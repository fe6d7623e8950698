import { type ImportGraph, isTest } from "./importGraph.ts";

/** Floors of the orchestrator, the highest first: an import goes down or stays on its floor. */
export const FLOORS = [
  { name: "process", purpose: "main.ts, orchestrator.ts", rooms: ["main.ts", "orchestrator.ts"] },
  { name: "configuration", purpose: "environment and file", rooms: ["configuration"] },
  { name: "outside", purpose: "programs and people", rooms: [] },
  { name: "follow-up", purpose: "what is done with calls afterwards", rooms: [] },
  { name: "recording", purpose: "how a call is recorded", rooms: [] },
  { name: "archive", purpose: "what is known and kept", rooms: [] },
  {
    name: "ground",
    purpose: "ids.ts, errors.ts, clock.ts …",
    rooms: ["ground.ts", "ids.ts", "errors.ts", "notes.ts", "clock.ts", "slots.ts"],
  },
] as const;

const SOURCES = "orchestrator/src/";

interface Place {
  floor: number;
  room: string;
}

/** @returns every import of the orchestrator that goes up; a file that is on no floor is named, too. */
export function upwardImports(graph: ImportGraph): string[] {
  return [...graph].flatMap(([file, imports]) => {
    if (!file.startsWith(SOURCES) || isTest(file)) return [];
    const from = placeOf(file);
    if (!from) return [`${file} is on no floor: scripts/lib/wings.ts lists them`];
    return imports.filter((to) => (placeOf(to)?.floor ?? from.floor) < from.floor).map((to) => `${file} → ${to}`);
  });
}

/** The wings as a Mermaid flowchart, with the rooms of each. An arrow is drawn where no longer way down exists. */
export function picture(graph: ImportGraph): string {
  const rooms = FLOORS.map(() => new Set<string>());
  const inside = new Set<string>();
  const between = FLOORS.map(() => new Set<number>());
  for (const [file, imports] of graph) {
    const from = isTest(file) ? undefined : placeOf(file);
    if (!from) continue;
    if (isFolder(from)) rooms[from.floor]?.add(from.room);
    for (const to of imports.map(placeOf)) {
      if (!to) continue;
      if (to.floor > from.floor) between[from.floor]?.add(to.floor);
      else if (to.room !== from.room && isFolder(from) && isFolder(to)) inside.add(`${nodeOf(from)} --> ${nodeOf(to)}`);
    }
  }
  const wings = FLOORS.flatMap(({ name, purpose }, floor) => {
    const inWing = [...(rooms[floor] ?? [])].sort().map((room) => `    ${nodeOf({ floor, room })}["${room}"]`);
    const title = `  ${name}["${name}: ${purpose}"]`;
    return inWing.length > 0 ? [title.replace("  ", "  subgraph "), ...inWing, "  end"] : [title];
  });
  const arrows = [...inside].sort().map((arrow) => `  ${arrow}`);
  return ["flowchart TB", ...wings, ...arrows, ...downward(between)].join("\n");
}

function downward(between: readonly ReadonlySet<number>[]): string[] {
  const isDetour = (from: number, to: number) => [...(between[from] ?? [])].some((via) => between[via]?.has(to));
  return FLOORS.flatMap(({ name }, from) =>
    [...(between[from] ?? [])].filter((to) => !isDetour(from, to)).map((to) => `  ${name} ==> ${FLOORS[to]?.name}`),
  );
}

const isFolder = ({ room }: Place): boolean => !room.endsWith(".ts");

function placeOf(file: string): Place | undefined {
  if (!file.startsWith(SOURCES)) return undefined;
  const [first = "", second] = file.slice(SOURCES.length).split("/");
  const floor = FLOORS.findIndex(({ name, rooms }) => name === first || (rooms as readonly string[]).includes(first));
  if (floor < 0) return undefined;
  return { floor, room: second ?? first };
}

/** Mermaid reserves some words and characters in names of nodes. */
const nodeOf = ({ floor, room }: Place): string => `${FLOORS[floor]?.name}_${room}`.replaceAll(/\W/g, "_");
