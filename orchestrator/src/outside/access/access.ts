import type { Clock } from "../../clock.ts";
import { FailedLogins } from "./failedLogins.ts";
import { FileLinks } from "./fileLinks.ts";
import { Secret } from "./secret.ts";
import { Sessions } from "./sessions.ts";

/** Access control of the API. */
export class Access {
  /** Without a token the API is open, which the configuration allows on loopback only. */
  readonly isOpen: boolean;
  readonly secret: Secret;
  readonly sessions: Sessions;
  readonly links: FileLinks;
  readonly failedLogins: FailedLogins;

  constructor(token: string | undefined, clock: Clock) {
    this.isOpen = token === undefined;
    this.secret = new Secret(token);
    this.sessions = new Sessions(this.secret, clock);
    this.links = new FileLinks(this.secret, clock);
    this.failedLogins = new FailedLogins(clock);
  }
}
