/** Takes the place of react-devtools-core in the executable. ink imports that when DEV=true is set, to be debugged; users do not. */
const stub = {
  initialize(): void {},
  connectToDevTools(): void {},
};

export default stub;
