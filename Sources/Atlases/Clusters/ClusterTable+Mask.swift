public import PellucidVolumes

extension ClusterTable {
  /// The clusters as a label image on the map's own grid: a cluster's number in the table, 0 elsewhere.
  public func mask(of relevance: Volume) -> Volume {
    var mask = Volume(
      shape: relevance.shape, voxels: [Float](repeating: 0, count: relevance.shape.count), affine: relevance.affine,
      space: relevance.space)
    for (number, cluster) in clusters.enumerated() {
      for place in cluster.places { mask.voxels[Int(place)] = Float(number + 1) }
    }
    return mask
  }
}
