import type { z } from "zod";
import { type FieldError, InvalidFields } from "./errorBody.ts";

/**
 * Parses the fields of a request with a schema.
 *
 * @throws InvalidFields that lists each missing or invalid field.
 */
export function readFields<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new InvalidFields(parsed.error.issues.map((issue) => fieldError(issue, value)));
}

/**
 * Uses the official gateway's messages where they are known: "key field is not specified", "timestamp is non-integer
 * value".
 */
function fieldError(issue: z.core.$ZodIssue, value: unknown): FieldError {
  const [first, ...rest] = issue.path.map(String);
  if (first === undefined) return { field: "body", message: "body is not a JSON object" };
  const name = rest.length > 0 ? rest.join(".") : first;
  return { field: first, message: `${name} ${problem(issue, value)}` };
}

function problem(issue: z.core.$ZodIssue, value: unknown): string {
  const given = issue.path.reduce<unknown>(
    (within, key) => (isRecord(within) ? within[String(key)] : undefined),
    value,
  );
  if (given === undefined || (given === "" && issue.code === "too_small")) return "field is not specified";
  if (issue.code === "invalid_type" && (issue.expected === "int" || issue.expected === "number")) {
    return "is non-integer value";
  }
  return `is not valid: ${issue.message}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
