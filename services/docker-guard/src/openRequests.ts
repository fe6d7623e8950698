import { Refusal } from "./errors.ts";

/** Requests that may stay open for as long as a call lasts, with their limit. */
export class OpenRequests {
  #open = 0;
  limit = 0;

  get count(): number {
    return this.#open;
  }

  /**
   * @returns a function that ends the request, once.
   * @throws Refusal TOO_MANY_WAITS.
   */
  open(): () => void {
    if (this.#open >= this.limit) {
      throw new Refusal("TOO_MANY_WAITS", `${this.limit} requests already wait for a container or follow its log`);
    }
    this.#open += 1;
    let isOpen = true;
    return () => {
      if (isOpen) this.#open -= 1;
      isOpen = false;
    };
  }
}
