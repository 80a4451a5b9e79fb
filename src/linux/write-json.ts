/** One object of a list as iproute2 prints it with `-j`; what is undefined is left out. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The list as a tool of iproute2 prints it with `-j`: in one line. Timers have two decimals, and stand still here. */
export function formatJson(objects: readonly JsonObject[]): string {
  return `${JSON.stringify(objects).replace(/"\w+_timer":0(?=[,}])/g, '$&.00')}\n`;
}
