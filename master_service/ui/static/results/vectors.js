// The texts of a job as vectors: what is alike, and where each lies on a map. Pure.

const ROUNDS = 60;

/** Keep of a vector what is not zero; of thousands of terms a text has few. */
export function sparse(vector) {
  const [terms, weights] = [[], []];
  vector.forEach((weight, term) => {
    if (weight === 0) return;
    terms.push(term);
    weights.push(weight);
  });
  return { size: vector.length, terms: Uint32Array.from(terms), weights: Float32Array.from(weights) };
}

/** For each of the others that is like the vector at `place`, its place and the cosine, the largest first. */
export function nearest(vectors, place, most) {
  const own = dense(vectors[place]);
  return vectors.map((vector, other) => ({ place: other, likeness: dot(vector, own) }))
    .filter(({ place: other, likeness }) => other !== place && likeness > 0.005)
    .sort((one, other) => other.likeness - one.likeness).slice(0, most);
}

/** Where each vector lies, from 0 to 1, along the two directions in which all differ most. */
export function spots(vectors) {
  const { axes, mean } = principalAxes(vectors);
  const alongs = axes.map((axis) => {
    const middle = dotDense(mean, axis);
    return scaled(vectors.map((vector) => dot(vector, axis) - middle));
  });
  return vectors.map((_, place) => alongs.map((along) => along[place]));
}

/** PCA by power iteration on the vectors less their mean, which is never taken from each, for they would be dense. */
function principalAxes(vectors) {
  const size = vectors[0]?.size ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) add(mean, vector, 1 / vectors.length);
  const axes = [];
  for (let number = 0; number < 2; number += 1) {
    // Any start will do that is not at right angles to what is looked for.
    let axis = Float64Array.from({ length: size }, (_, i) => 1 + ((i * 7919 + number * 104729) % 97) / 97);
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = new Float64Array(size);
      const middle = dotDense(mean, axis);
      let sum = 0;
      for (const vector of vectors) {
        const along = dot(vector, axis) - middle;
        add(next, vector, along);
        sum += along;
      }
      addDense(next, mean, -sum);
      for (const before of axes) addDense(next, before, -dotDense(next, before));
      const length = Math.sqrt(dotDense(next, next));
      if (length < 1e-12) break;
      axis = next.map((value) => value / length);
    }
    axes.push(axis);
  }
  return { axes, mean };
}

function dense(vector) {
  const all = new Float64Array(vector.size);
  add(all, vector, 1);
  return all;
}

function dot({ terms, weights }, all) {
  let sum = 0;
  for (let i = 0; i < terms.length; i += 1) sum += weights[i] * all[terms[i]];
  return sum;
}

function dotDense(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += one[i] * other[i];
  return sum;
}

function add(all, { terms, weights }, times) {
  for (let i = 0; i < terms.length; i += 1) all[terms[i]] += times * weights[i];
}

function addDense(all, other, times) {
  for (let i = 0; i < all.length; i += 1) all[i] += times * other[i];
}

function scaled(values) {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return values.map((value) => (span > 1e-9 ? (value - least) / span : 0.5));
}
