public import PellucidFaults

/// Every method: one line each.
public enum MethodCatalogue {
  /// The methods in the order in which they are listed.
  public static let methods: [any AttributionMethod.Type] = [
    Saliency.self, GradientTimesInput.self, IntegratedGradients.self, ExpectedGradients.self, DeepLift.self,
    SmoothGrad.self, SmoothGradSquared.self, VarGrad.self, GuidedBackprop.self, Deconvnet.self,
    GradCAM.self, GradCAMPlusPlus.self, HiResCAM.self, LayerCAM.self, XGradCAM.self, ScoreCAM.self, AblationCAM.self,
    EigenCAM.self, GuidedGradCAM.self, CAM.self, RelevancePropagation.self, Occlusion.self, RegionOcclusion.self,
    Lime.self, KernelShap.self, ShapleySampling.self, Rise.self, RegionInteraction.self,
  ]

  /// Other spellings of names.
  private static let aliases = ["grad-cam++": GradCAMPlusPlus.name]

  /// Whether a method has this name, or goes by it.
  static func isMethod(_ name: String) -> Bool { methods.contains { $0.name == aliases[name] ?? name } }

  /// The method of a name.
  /// - Throws: `.usage` with near misses.
  public static func method(named name: String) throws(PellucidError) -> any AttributionMethod.Type {
    guard let found = methods.first(where: { $0.name == aliases[name] ?? name }) else {
      throw .unknownMethod(name, among: methods.map { $0.name })
    }
    return found
  }

  /// Checks, where no atlas is given, that none of the methods needs one.
  /// - Throws: `.usage` naming the first that does.
  public static func checkAtlas(of methods: [any AttributionMethod.Type]) throws(PellucidError) {
    for method in methods where method.needsAtlas { throw .noRegions(method.name) }
  }

  /// Checks that every given option belongs to one of the methods.
  /// - Throws: `.usage` naming the first that does not.
  public static func check(options: [String], of methods: [any AttributionMethod.Type]) throws(PellucidError) {
    let known = methods.flatMap { $0.options.map(\.name) }
    for option in options where !known.contains(option) {
      throw .unknownOption(option, methods: methods.map { $0.name }, among: known.uniqued())
    }
  }
}
