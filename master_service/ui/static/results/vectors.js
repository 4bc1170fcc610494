// Computes cosine similarity and a two-dimensional projection (PCA) of sparse vectors.

const ITERATIONS = 60;
const MIN_SIMILARITY = 0.005;

/** { size, terms, weights } with the nonzero components of a vector. */
export function sparse(vector) {
  const [terms, weights] = [[], []];
  vector.forEach((weight, term) => {
    if (weight === 0) return;
    terms.push(term);
    weights.push(weight);
  });
  return { size: vector.length, terms: Uint32Array.from(terms), weights: Float32Array.from(weights) };
}

/** [{ position, similarity }], the largest cosines to the vector at `position`; all have unit length. */
export function nearest(vectors, position, max) {
  const own = dense(vectors[position]);
  return vectors.map((vector, other) => ({ position: other, similarity: dot(vector, own) }))
    .filter(({ position: other, similarity }) => other !== position && similarity > MIN_SIMILARITY)
    .sort((a, b) => b.similarity - a.similarity).slice(0, max);
}

/** [x, y] of each vector, from 0 to 1: its first two principal components. */
export function project(vectors) {
  const { axes, mean } = principalAxes(vectors);
  const components = axes.map((axis) => {
    const center = dotDense(mean, axis);
    return normalize(vectors.map((vector) => dot(vector, axis) - center));
  });
  return vectors.map((_, position) => components.map((component) => component[position]));
}

// PCA by power iteration; vectors are not centered, which would make them dense, but sums are.
function principalAxes(vectors) {
  const size = vectors[0]?.size ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) add(mean, vector, 1 / vectors.length);
  const axes = [];
  for (let number = 0; number < 2; number += 1) {
    // The start may be any vector that is not orthogonal to the axis.
    let axis = Float64Array.from({ length: size }, (_, i) => 1 + ((i * 7919 + number * 104729) % 97) / 97);
    for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
      const next = new Float64Array(size);
      const center = dotDense(mean, axis);
      let sum = 0;
      for (const vector of vectors) {
        const component = dot(vector, axis) - center;
        add(next, vector, component);
        sum += component;
      }
      addDense(next, mean, -sum);
      for (const previous of axes) addDense(next, previous, -dotDense(next, previous));
      const length = Math.sqrt(dotDense(next, next));
      if (length < 1e-12) break;
      axis = next.map((value) => value / length);
    }
    axes.push(axis);
  }
  return { axes, mean };
}

function dense(vector) {
  const array = new Float64Array(vector.size);
  add(array, vector, 1);
  return array;
}

function dot({ terms, weights }, array) {
  let sum = 0;
  for (let i = 0; i < terms.length; i += 1) sum += weights[i] * array[terms[i]];
  return sum;
}

function dotDense(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

function add(array, { terms, weights }, factor) {
  for (let i = 0; i < terms.length; i += 1) array[terms[i]] += factor * weights[i];
}

function addDense(array, other, factor) {
  for (let i = 0; i < array.length; i += 1) array[i] += factor * other[i];
}

function normalize(values) {
  const min = Math.min(...values);
  const range = Math.max(...values) - min;
  return values.map((value) => (range > 1e-9 ? (value - min) / range : 0.5));
}
