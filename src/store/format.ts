/** The number of the store's format: how blocks and heads lie on disk. A store of another format is refused by name. */
export const FORMAT = 1;
