/** Reasons why the guard refuses a request. The code is logged; the caller receives the reason text. */
export const REFUSAL_CODES = [
  "ROUTE_NOT_ALLOWED",
  "PARAMETER_NOT_ALLOWED",
  "SHAPE_NOT_ALLOWED",
  "NOT_OURS",
  "BODY_TOO_LARGE",
  "BODY_NOT_ALLOWED",
  "MALFORMED",
  "TOO_MANY_CONTAINERS",
  "TOO_MANY_WAITS",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

const STATUS: Readonly<Record<RefusalCode, number>> = {
  ROUTE_NOT_ALLOWED: 403,
  PARAMETER_NOT_ALLOWED: 403,
  SHAPE_NOT_ALLOWED: 403,
  NOT_OURS: 403,
  BODY_TOO_LARGE: 413,
  BODY_NOT_ALLOWED: 403,
  MALFORMED: 400,
  // The orchestrator retries: they pass.
  TOO_MANY_CONTAINERS: 429,
  TOO_MANY_WAITS: 503,
};

/** A refused request. It is not sent to the engine. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, reason: string) {
    super(reason);
    this.name = "Refusal";
    this.code = code;
  }

  get status(): number {
    return STATUS[this.code];
  }
}
