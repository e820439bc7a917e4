/** The colours of the flowers, from peony through apricot and lake to orchid: light paper for the night, deep for the day. */
const night = [
  ...['#f4779a', '#f38a84', '#f5a26f', '#f6bb66', '#efd071', '#cfcf78', '#93d0a6'],
  ...['#74c9c9', '#79b4ea', '#94a3f0', '#b094ee', '#cd8ce4', '#e487c6', '#f29ab8'],
];
const day = [
  ...['#c72a5c', '#cf4234', '#d4641c', '#c98209', '#a98705', '#7c8c1c', '#2f8f52'],
  ...['#11868c', '#2472bd', '#4459c4', '#6c49c2', '#9339b3', '#b62f91', '#cc3a74'],
];

/** As many as the community has stations; a larger one begins again. */
export const hueOf = (index: number) => ({ night: night[index % night.length]!, day: day[index % day.length]! });
