import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERRORS, RecorderError } from "./errors.ts";
import { NOTES } from "./notes.ts";

const read = (page: string) => readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
const operations = read("operations.md");
const configuration = read("configuration.md");

test.each([...Object.keys(ERRORS), ...Object.keys(NOTES)])("docs/operations.md explains %s", (code) => {
  expect(operations).toContain(`\`${code}\``);
});

test("docs/operations.md contains no unknown code", () => {
  const codes = operations.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g);
  const variables = new Set([...configuration.matchAll(/`([A-Z]+(?:_[A-Z]+)+)/g)].map(([, name]) => name));
  const unknown = [...codes]
    .map(([, code = ""]) => code)
    .filter((code) => !(code in ERRORS) && !(code in NOTES) && !variables.has(code));
  expect(unknown).toEqual([]);
});

test("every error has a message and a hint, and details are appended to the message", () => {
  for (const { message, hint } of [...Object.values(ERRORS), ...Object.values(NOTES)])
    expect(message.length * hint.length).toBeGreaterThan(0);
  const error = new RecorderError("STORAGE_FULL", "3 MiB free");
  expect(error.message).toBe(`${ERRORS.STORAGE_FULL.message}: 3 MiB free`);
  expect(error.hint).toBe(ERRORS.STORAGE_FULL.hint);
});
