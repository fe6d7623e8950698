import { expect, test } from "vitest";
import { isNameOf } from "./containerName.ts";

const labelsOf = (role: string, ids: Record<string, string>) => ({
  "io.skyway-call-recorder.role": role,
  ...Object.fromEntries(Object.entries(ids).map(([name, id]) => [`io.skyway-call-recorder.${name}`, id])),
});
const recorder = labelsOf("recorder", { "recorder-id": "leg_1-p1" });
const job = labelsOf("job", { "job-id": "job_1" });

test.each([
  ["bundle-recorder-leg_1-p1", recorder],
  ["bundle-assembler-leg_1-p1", labelsOf("assembler", { "recorder-id": "leg_1-p1" })],
  ["bundle-job-job_1-3", job],
])("%s is the name of its container", (name, labels) => expect(isNameOf(name, labels, "bundle")).toBe(true));

test.each([
  ["bundle-web-2", recorder],
  ["signaling", recorder],
  ["bundle-recorder-leg_2-p1", recorder],
  ["other-recorder-leg_1-p1", recorder],
  ["bundle-recorder-1", labelsOf("recorder", { "recorder-id": "1" })],
  ["bundle-recorder-undefined", labelsOf("recorder", {})],
  ["bundle-job-job_1", job],
  ["bundle-job-job_1-", job],
  ["bundle-job-job_1-3x", job],
  ["bundle-job-leg_1-p1-1", recorder],
  ["", recorder],
])("%s is not", (name, labels) => expect(isNameOf(name, labels, "bundle")).toBe(false));
