import { JOB_ROLE } from "./jobShape.ts";
import { LABEL_PREFIX } from "./recorderShape.ts";

/** Ids of the orchestrator; they cannot be mistaken for the number in the name of a Compose container. */
const OWN_ID = /^(leg|job)_[A-Za-z0-9_-]+$/;

/**
 * Whether a name is the one that a container with these labels has. No other name is given away: it may be that of a
 * service, or of another program's container.
 */
export function isNameOf(name: string, labels: Readonly<Record<string, unknown>>, project: string): boolean {
  const role = String(labels[`${LABEL_PREFIX}role`]);
  const id = String(labels[`${LABEL_PREFIX}${role === JOB_ROLE ? "job" : "recorder"}-id`]);
  if (!OWN_ID.test(id)) return false;
  const expected = `${project}-${role}-${id}`;
  return role === JOB_ROLE
    ? name.startsWith(`${expected}-`) && /^[0-9]{1,6}$/.test(name.slice(expected.length + 1))
    : name === expected;
}
