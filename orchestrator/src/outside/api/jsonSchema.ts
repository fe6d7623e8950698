import { z } from "zod";

/** Named schemas, by name. */
export type Components = Record<string, object>;

/**
 * Converts a zod schema for OpenAPI 3.1. Named parts (`meta({ id })`) are added to the components.
 *
 * @param io "output" for responses, "input" for requests.
 */
export function jsonSchema(schema: z.ZodType, components: Components, io: "input" | "output" = "output"): object {
  // zod uses references only for schemas nested in another one.
  const { properties, $defs } = z.toJSONSchema(z.object({ schema }), { io, unrepresentable: "any" });
  Object.assign(components, $defs);
  return refersToComponents(Object(properties?.["schema"]));
}

export function namedComponents(components: Components): Components {
  const named = Object.entries(components).map(([name, { id: _, ...schema }]: [string, { id?: string }]) => [
    name,
    refersToComponents(schema),
  ]);
  return Object.fromEntries(named);
}

function refersToComponents(schema: object): object {
  return JSON.parse(JSON.stringify(schema, withoutNoise).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

/** Removes zod's redundant output: a date's pattern next to its format, and JavaScript's number limits. */
export function withoutNoise(key: string, value: unknown): unknown {
  // Objects are open, because clients must accept fields that a later version adds.
  if (key === "additionalProperties" && value === false) return undefined;
  if (key === "minimum" && value === Number.MIN_SAFE_INTEGER) return undefined;
  if (key === "maximum" && value === Number.MAX_SAFE_INTEGER) return undefined;
  if (!isDate(value)) return value;
  const { pattern: _, ...date } = value;
  return date;
}

const isDate = (value: unknown): value is { format: string; pattern?: string } =>
  typeof value === "object" && value !== null && "format" in value && value.format === "date-time";
