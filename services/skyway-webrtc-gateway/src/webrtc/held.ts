/** Whether media is kept back, for whoever is to get it next. */
export class Held {
  #isSet = false;
  #onOver: (() => void)[] = [];

  get isSet(): boolean {
    return this.#isSet;
  }

  set(isSet: boolean): void {
    this.#isSet = isSet;
    if (isSet) return;
    for (const over of this.#onOver.splice(0)) over();
  }

  /** Resolves when it is not set any more, or after so many milliseconds. */
  async over(limitMs: number): Promise<void> {
    if (!this.#isSet) return;
    await new Promise<void>((resolve) => {
      const timeUp = setTimeout(resolve, limitMs);
      this.#onOver.push(() => {
        clearTimeout(timeUp);
        resolve();
      });
    });
  }
}
