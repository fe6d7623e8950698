/** Whether media is held in memory because it has no address: the next redirect names one. */
export class HeldMedia {
  #isHeld = false;
  #onReleased: (() => void)[] = [];

  get isHeld(): boolean {
    return this.#isHeld;
  }

  set(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) return;
    for (const released of this.#onReleased.splice(0)) released();
  }

  /** Resolves when media is redirected again, or after `limitMs`. */
  async released(limitMs: number): Promise<void> {
    if (!this.#isHeld) return;
    await new Promise<void>((resolve) => {
      const timeUp = setTimeout(resolve, limitMs);
      this.#onReleased.push(() => {
        clearTimeout(timeUp);
        resolve();
      });
    });
  }
}
