internal import PellucidVolumes

/// Sets of voxels that hang together.
struct ConnectedComponents {
  /// For each component the places in memory (i fastest) of its voxels, ascending; components by their first voxel.
  let voxels: [[Int32]]

  /// The components of the voxels that `isInside` names.
  ///
  /// One pass gives every voxel the label of an earlier neighbour and notes which labels meet (union-find), a second one collects.
  /// - Precondition: fewer than 2³¹ voxels.
  /// - Complexity: linear in the voxels; 4 bytes a voxel.
  init(on shape: GridShape, connectivity: Connectivity, isInside: (Int) -> Bool) {
    precondition(shape.count < Int(Int32.max), "places are counted in 32 bits")
    let steps = connectivity.earlier
    var labels = [Int32](repeating: 0, count: shape.count)
    // parents[l] is a label of the same component, l itself for its root; label 0 is the outside.
    var parents: [Int32] = [0]
    func root(_ label: Int32) -> Int32 {
      var label = label
      while parents[Int(label)] != label {
        parents[Int(label)] = parents[Int(parents[Int(label)])]
        label = parents[Int(label)]
      }
      return label
    }
    var places: [Int32] = []
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        let row = shape.i * (j + shape.j * k)
        for i in 0..<shape.i where isInside(row + i) {
          var own: Int32 = 0
          for step in steps {
            let (x, y, z) = (i + step.i, j + step.j, k + step.k)
            guard x >= 0, y >= 0, z >= 0, x < shape.i, y < shape.j else { continue }
            let other = labels[x + shape.i * (y + shape.j * z)]
            guard other != 0, other != own else { continue }
            let found = root(other)
            if own == 0 {
              own = found
            } else if found != own {
              // The smaller label is the root, so that components stay in the order of their first voxels.
              parents[Int(max(own, found))] = min(own, found)
              own = min(own, found)
            }
          }
          if own == 0 {
            own = Int32(parents.count)
            parents.append(own)
          }
          labels[row + i] = own
          places.append(Int32(row + i))
        }
      }
    }
    var indices = [Int](repeating: -1, count: parents.count)
    var voxels: [[Int32]] = []
    for place in places {
      let label = Int(root(labels[Int(place)]))
      if indices[label] < 0 {
        indices[label] = voxels.count
        voxels.append([])
      }
      voxels[indices[label]].append(place)
    }
    self.voxels = voxels
  }
}
