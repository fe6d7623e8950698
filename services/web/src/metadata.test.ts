import { expect, test } from "vitest";
import { callerNames, displayName, otherFields, textField } from "./metadata.ts";

test.each([
  [{ name: "Ada" }, "Ada"],
  [{ name: 5 }, undefined],
  [{ name: " " }, undefined],
  [["name"], undefined],
  ["Ada", undefined],
  [null, undefined],
])("the name in %j is %j", (metadata, name) => expect(textField(metadata, "name")).toBe(name));

test("a leg without a name is shown by its peer id", () => {
  expect(displayName({ peerId: "p1", metadata: null })).toBe("p1");
  expect(displayName({ peerId: "p1", metadata: { name: "Ada" } })).toBe("Ada");
});

test("further tracks of a caller are named after it, and are not another participant", () => {
  const legs = [
    { peerId: "p1", metadata: { name: "Ada" } },
    { peerId: "p1", metadata: { name: "Ada" }, beside: "leg_1" },
    { peerId: "p2", metadata: null },
  ];
  expect(legs.map(displayName)).toEqual(["Ada", "Ada, further tracks", "p2"]);
  expect(callerNames(legs)).toEqual(["Ada", "p2"]);
});

test("everything else in metadata is shown as text", () => {
  expect(otherFields({ name: "Ada", call: "c-1", order: { id: 7 } })).toEqual([
    ["call", "c-1"],
    ["order", '{"id":7}'],
  ]);
  expect(otherFields("just text")).toEqual([["metadata", "just text"]]);
  expect(otherFields(undefined)).toEqual([]);
});
