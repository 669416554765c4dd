/** What the passes of this dialect know beyond the plan: nothing yet; costs and nodes come with hubs. */
export type World = Readonly<Record<never, never>>;
