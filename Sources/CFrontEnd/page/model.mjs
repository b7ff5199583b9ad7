// The page's state, and what follows from it. Views listen; nothing here draws.
import { findClusters } from './clusters.mjs';
import { Shading, coloursOf, mostSteps } from './colours.mjs';
import { readVolume } from './decode.mjs';
import { apply, clamped, compose, inverse, nearest, orientation, voxelSizes } from './grid.mjs';
import { sums } from './slices.mjs';
import { rowsOf } from './summary.mjs';

/** A method's map with what the page makes of it once. */
class Layer {
  constructor(method, volume, model) {
    this.method = method;
    this.volume = volume;
    this.most = mostSteps(volume.numbers);
    this.voxelVolume = voxelSizes(volume.affine).reduce((product, size) => product * size, 1);
    const turned = orientation(volume.affine);
    /** Σ above and below 0 along x, y, z of the map's own axes. */
    this.sums = [0, 1, 2].map((world) => sums(volume, turned.axes[world]));
    this.toVoxel = compose(volume.toVoxel, model.scan.affine);
    this.toGrid = compose(inverse(model.grid.affine), volume.affine);
    this.axes = turned.axes;
    this.gridAxes = model.orientation.axes;
  }

  /** Where a slice across a world axis lies along the page's grid, in voxels. */
  gridPlace(world, slice) {
    const voxel = this.volume.shape.map((extent) => (extent - 1) / 2);
    voxel[this.axes[world]] = slice;
    return apply(this.toGrid, voxel)[this.gridAxes[world]];
  }
}

export class Model {
  constructor(data) {
    Object.assign(this, { data, scan: data.scan, grid: data.grid, methods: data.methods });
    this.orientation = orientation(data.grid.affine);
    this.scanToVoxel = inverse(data.scan.affine);
    this.gridToVoxel = compose(inverse(data.grid.affine), data.scan.affine);
    this.layers = new Map();
    this.rows = new Map(this.methods.map((method) => [method.id, rowsOf(method)]));
    this.regions = data.atlas ? [null, ...data.atlas.regions] : null;
    this.listeners = [];
    /** Balls that planes draw: { mm, radius }. */
    this.spheres = [];
    this.state = {
      method: this.methods[0].id, voxel: data.scan.shape.map((extent) => Math.floor((extent - 1) / 2)), threshold: 0, smallest: 0,
      opacity: 0.8, colours: 'automatic', isShared: false, isRadiological: false, hasContours: false, isBeside: false, region: null, zoom: 1,
      centre: null,
    };
  }

  /** Reads the anatomy, the labels and the first map. */
  async load() {
    const { data } = this;
    this.anatomy = data.anatomy ? await readVolume(data.anatomy) : null;
    this.labels = data.atlas ? await readVolume(data.atlas.volume) : null;
    this.box = this.headBox();
    await this.layer(this.state.method);
  }

  /** A method's map, read when it is asked for the first time. */
  async layer(id) {
    if (!this.layers.has(id)) {
      const method = this.methods.find((one) => one.id === id);
      this.layers.set(id, new Layer(method, await readVolume(method.map), this));
    }
    return this.layers.get(id);
  }

  /** The selected method, and its map. */
  get method() { return this.methods.find((one) => one.id === this.state.method); }
  get current() { return this.layers.get(this.state.method); }

  listen(body) { this.listeners.push(body); }

  /** Changes the state and tells what changed. */
  set(changes) {
    const changed = new Set(Object.keys(changes).filter((key) => changes[key] !== this.state[key]));
    if (changed.size === 0) return;
    Object.assign(this.state, changes);
    for (const body of this.listeners) body(changed);
  }

  /** Selects a method; its map is there when the promise is kept. */
  async select(id) {
    if (!this.methods.some((method) => method.id === id)) {
      throw new RangeError(`there is no method ${id}; there are ${this.methods.map((method) => method.id).join(', ')}`);
    }
    await this.layer(id);
    this.set({ method: id });
  }

  // Places.

  /** The crosshair in mm, RAS+. */
  get mm() { return apply(this.scan.affine, this.state.voxel); }

  /** The crosshair on the page's grid. */
  get gridVoxel() { return clamped(apply(this.gridToVoxel, this.state.voxel), this.grid.shape); }

  goToVoxel(voxel) { this.set({ voxel: clamped(voxel, this.scan.shape) }); }
  goTo(x, y, z) { this.goToVoxel(apply(this.scanToVoxel, [x, y, z])); }

  /** The scan's voxel at the middle of one of the page's grid. */
  scanVoxel(gridVoxel) {
    return clamped(apply(compose(this.scanToVoxel, this.grid.affine), gridVoxel), this.scan.shape);
  }

  /** Moves the crosshair by whole voxels of the scan along a world axis. */
  move(world, steps) {
    const voxel = [...this.state.voxel];
    voxel[this.orientation.axes[world]] += steps * this.orientation.signs[world];
    this.goToVoxel(voxel);
  }

  // Values under the crosshair.

  get anatomyValue() { return this.anatomy ? this.anatomy.at(this.gridVoxel) : null; }

  /** The relevance of a layer at the crosshair; null outside of its grid. */
  relevanceOf(layer) {
    const voxel = nearest(apply(layer.toVoxel, this.state.voxel), layer.volume.shape);
    return voxel ? layer.volume.at(voxel) : null;
  }

  /** The number of the region at the crosshair, 0: none. */
  get regionNumber() {
    if (!this.labels) return 0;
    const [i, j, k] = this.gridVoxel;
    return this.labels.numbers[i + this.grid.shape[0] * (j + this.grid.shape[1] * k)];
  }

  get regionName() { return this.regionNumber > 0 ? this.regions[this.regionNumber].name : null; }

  /** The number of a region's name, 0: none. */
  numberOf(name) { return this.regions ? Math.max(0, this.regions.findIndex((region) => region?.name === name)) : 0; }

  // Colours.

  /** The ends of a method's colours; shared: the widest of all methods of the same unit. */
  limits(method) {
    const { low, high } = method.scale;
    if (!this.state.isShared) return { low, high };
    const alike = this.methods.filter((one) => one.record.score === method.record.score && one.record.measure === method.record.measure);
    return { low: Math.min(...alike.map((one) => one.scale.low)), high: Math.max(...alike.map((one) => one.scale.high)) };
  }

  coloursOf(method) {
    const { low, high } = this.limits(method);
    const wanted = this.state.colours;
    if (wanted !== 'automatic') return wanted;
    return low < 0 && high > 0 ? 'frostfire' : 'inferno';
  }

  /** |R| below it is not shown. */
  threshold(method) {
    const { low, high } = this.limits(method);
    return this.state.threshold * Math.max(high, -low);
  }

  shading(layer) {
    const { method, volume, most } = layer;
    const { low, high } = this.limits(method);
    const name = this.coloursOf(method);
    const threshold = this.threshold(method);
    const key = [low, high, name, threshold, this.state.opacity].join();
    if (layer.shadingKey !== key) {
      const colours = coloursOf(this.data.colours[name].table);
      layer.shadingKey = key;
      layer.shading = new Shading({ step: volume.step, most, low, high, threshold, alpha: this.state.opacity, colours });
    }
    return layer.shading;
  }

  /** The voxels of clusters that are large enough; null: all. */
  kept(layer) {
    if (this.state.smallest <= 0) return null;
    return this.clusters(layer, this.threshold(layer.method), this.state.smallest).kept;
  }

  /** The clusters of |R| from a value on, of at least so many mm³. */
  clusters(layer, threshold, smallest) {
    const { volume, voxelVolume } = layer;
    const least = Math.max(1, Math.ceil(threshold / volume.step - 1e-9));
    const fewest = Math.max(1, Math.ceil(smallest / voxelVolume - 1e-6));
    const key = `${least} ${fewest}`;
    if (layer.clusterKey !== key) {
      layer.clusterKey = key;
      layer.found = findClusters(volume.numbers, volume.shape, least, fewest);
    }
    return layer.found;
  }

  /** The part of the page's grid that has the head, as [low, high] along its axes; all of it where there is no anatomy. */
  headBox() {
    const { shape } = this.grid;
    const whole = shape.map((extent) => [0, extent - 1]);
    if (!this.anatomy) return whole;
    const { numbers, step, offset } = this.anatomy;
    const bound = (this.data.foreground - offset) / step;
    const counts = shape.map((extent) => new Uint32Array(extent));
    let place = 0;
    for (let k = 0; k < shape[2]; k++) {
      for (let j = 0; j < shape[1]; j++) {
        for (let i = 0; i < shape[0]; i++, place++) {
          if (!(numbers[place] > bound)) continue;
          counts[0][i]++;
          counts[1][j]++;
          counts[2][k]++;
        }
      }
    }
    const sizes = voxelSizes(this.grid.affine);
    return counts.map((count, axis) => {
      const most = Math.max(...count);
      const from = count.findIndex((n) => n > 0.01 * most);
      if (from < 0) return whole[axis];
      const to = count.length - 1 - [...count].reverse().findIndex((n) => n > 0.01 * most);
      const margin = Math.round(5 / sizes[axis]);
      return [Math.max(0, from - margin), Math.min(count.length - 1, to + margin)];
    });
  }
}
