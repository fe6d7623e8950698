import { z } from "zod";

/** Schemas that have a name, by it. */
export type Components = Record<string, object>;

/**
 * A schema as OpenAPI 3.1 has it. Parts of it that have a name (`meta({ id })`) go into the components.
 *
 * @param io what is answered, by default; "input" for what is asked.
 */
export function jsonSchema(schema: z.ZodType, components: Components, io: "input" | "output" = "output"): object {
  // Only what lies within another schema is referred to by its name.
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

/** zod says in a pattern what a date's format says, and how far numbers of JavaScript go. */
export function withoutNoise(key: string, value: unknown): unknown {
  // Clients are to bear fields that a later version adds: objects are open.
  if (key === "additionalProperties" && value === false) return undefined;
  if (key === "minimum" && value === Number.MIN_SAFE_INTEGER) return undefined;
  if (key === "maximum" && value === Number.MAX_SAFE_INTEGER) return undefined;
  if (!isDate(value)) return value;
  const { pattern: _, ...date } = value;
  return date;
}

const isDate = (value: unknown): value is { format: string; pattern?: string } =>
  typeof value === "object" && value !== null && "format" in value && value.format === "date-time";
