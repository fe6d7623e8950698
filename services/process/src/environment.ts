import { z } from "zod";

/**
 * Reads an empty variable as one that is not set: Compose passes unset variables as empty strings.
 *
 * @param schema reads the text; for an empty or unset variable it reads `undefined`.
 */
export const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((text) => (text === "" ? undefined : text), schema);

/** A TCP or UDP port, 1 to 65535. */
export const Port = z.coerce.number().int().min(1).max(65_535);

/** A port to listen on, 0 to 65535; 0 means any free port. */
export const ListenPort = z.coerce.number().int().min(0).max(65_535);

/** From which level on a service logs. */
export const LogLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

/** @returns the entries of a comma-separated list, without the spaces around them; of an empty text, one empty entry. */
export const commaSeparated = (text: string): string[] => text.split(",").map((entry) => entry.trim());
