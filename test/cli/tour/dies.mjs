/** In place of the program that fills its heap: one that can't. */
console.error('no memory here');
process.exit(3);
