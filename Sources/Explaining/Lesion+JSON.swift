package import PellucidAttribution
package import PellucidResults
package import PellucidVolumes

extension Lesion {
  /// What `pellucid lesion` prints and the viewer answers.
  package func json(_ subject: Explainer.Case, at centre: WorldPoint, radius: Double, fill: Fill) -> JSONValue {
    let classes = subject.classes
    var json: JSONValue = [
      "image": .string(subject.scan.text), "at": .numbers([centre.x, centre.y, centre.z]),
      "radius_mm": .number(radius), "voxels": .integer(voxels), "fill": .string(fill.name),
      "classes": .strings((0..<classes.count).map(classes.name(of:))),
    ]
    json["scores_before"] = .singles(subject.scores)
    json["scores_after"] = .singles(scores)
    if let before = subject.probabilities, let after = probabilities {
      json["probabilities_before"] = .singles(before)
      json["probabilities_after"] = .singles(after)
    }
    json["target"] = .string(target.name)
    json["score"] = .string(scoreKind.rawValue)
    json["score_before"] = .number(before)
    json["score_after"] = .number(after)
    json["score_drop"] = .number(before - after)
    json["seconds"] = .number(seconds)
    return json
  }
}
