import { expect, test } from "vitest";
import { waitFor } from "./waitFor.ts";

test("what is found is returned; undefined and false mean not yet", async () => {
  const answers = [undefined, false, 0];

  expect(await waitFor("a number", () => answers.shift())).toBe(0);
  expect(answers).toEqual([]);
});

test("the error names the condition and the limit", async () => {
  await expect(waitFor("rain", async () => false, 20)).rejects.toThrow("not within 20 ms: rain");
});

test("an error of the search ends the wait", async () => {
  const find = () => {
    throw new Error("no such file");
  };

  await expect(waitFor("a file", find)).rejects.toThrow("no such file");
});
