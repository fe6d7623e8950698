import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { newCallId } from "../../ids.ts";
import { failedLeg, manifestOf, readyLeg, recordingLeg, ringingLeg } from "../../testing/manifests.ts";
import { manifestSchema } from "./manifestSchema.ts";

const AT = new Date("2026-11-23T12:00:00.000Z");

test("docs/manifest.schema.json is up to date: npm run schema", async () => {
  const kept = await readFile(new URL("../../../../docs/manifest.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(kept)).toEqual(JSON.parse(manifestSchema()));
});

test("it accepts manifests and nothing else", () => {
  const ajv = new Ajv2020({ allowUnionTypes: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(manifestSchema()));
  const legs = [ringingLeg(AT), recordingLeg(AT), readyLeg(AT), failedLeg(AT)];
  const manifest = JSON.parse(JSON.stringify(manifestOf(newCallId(AT), AT, ...legs)));
  expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...manifest, id: "../etc" })).toBe(false);
  expect(validate({ ...manifest, legs: [{ ...manifest.legs[2], file: undefined }] })).toBe(false);
  expect(validate({ ...manifest, version: 0 })).toBe(false);
});
