import { z } from "zod";
import { withoutNoise } from "../../outside/api/jsonSchema.ts";
import { Manifest } from "./manifest.ts";

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
