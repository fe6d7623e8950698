import { z } from "zod";
import { Manifest } from "../../archive/library/manifest.ts";
import { withoutNoise } from "./jsonSchema.ts";

/** The manifest's JSON Schema, published in `docs/manifest.schema.json`. */
export function manifestSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(Manifest, { io: "input" });
  const described = {
    $schema,
    title: "call.json",
    description: "The manifest of a call, in the call's folder on the recordings volume.",
    ...schema,
  };
  return `${JSON.stringify(described, withoutNoise, 2)}\n`;
}
