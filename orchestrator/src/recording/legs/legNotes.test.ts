import { expect, test } from "vitest";
import { NOTES } from "../../notes.ts";
import { ringingLeg } from "../../testing/manifests.ts";
import { LegNotes, withNotes } from "./legNotes.ts";

const AT = new Date("2026-11-23T10:00:00Z");

test("a note has the words of the table, the details of the case, and only the facts that are known", () => {
  const notes = new LegNotes();
  notes.add("NO_BUNDLE");
  notes.add("LOST", { kind: "video", detail: "12 packets", at: AT, seconds: 0.24049 });

  const { message, hint } = NOTES.LOST;
  expect(notes.all).toEqual([
    { code: "NO_BUNDLE", ...NOTES.NO_BUNDLE },
    { code: "LOST", kind: "video", message: `${message}: 12 packets`, hint, at: AT.toISOString(), seconds: 0.24 },
  ]);
});

test("a leg has one note for each code, kind and file: a later one replaces it and keeps its time", () => {
  const notes = new LegNotes();
  expect(notes.add("LOST", { kind: "video", detail: "1 packet", at: AT })).toBe(true);
  expect(notes.add("LOST", { kind: "video", detail: "1 packet" })).toBe(false);
  expect(notes.add("LOST", { kind: "video", detail: "5 packets", at: new Date() })).toBe(true);
  expect(notes.add("LOST", { kind: "audio", detail: "1 packet" })).toBe(true);
  expect(notes.add("LOST", { kind: "audio", detail: "1 packet", file: "leg-2.webm" })).toBe(true);

  expect(notes.all.map(({ kind, message, at, file }) => [kind, message.split(": ")[1], at, file])).toEqual([
    ["video", "5 packets", AT.toISOString(), undefined],
    ["audio", "1 packet", undefined, undefined],
    ["audio", "1 packet", undefined, "leg-2.webm"],
  ]);
});

test("a leg without notes has no such field, and a restart keeps the notes of a leg", () => {
  const leg = ringingLeg(AT);
  const notes = new LegNotes();
  expect(withNotes(leg, notes)).toBe(leg);
  notes.add("ENCRYPTED", { kind: "audio" });

  const restarted = new LegNotes();
  restarted.load(withNotes(leg, notes).notes ?? []);

  expect(restarted.all).toEqual(notes.all);
});
