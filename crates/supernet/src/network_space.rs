use crate::blueprint::{Blueprint, Candidates};
use crate::config::{NetworkConfig, StemKind, SupernetConfig};
use crate::error::SupernetError;
use crate::families;
use crate::graph::{Plan, Shape};
use bonas_core::{Architecture, SearchSpace};
use bonas_data::ImageShape;
use bonas_spaces::{DartsSpace, TypedSpace};

/// Vertices that the output of a cell of NAS-Bench-101 can concatenate: all but input and output.
const MOST_CONCATENATED: usize = 5;

/// A space whose architectures become networks. Here, and nowhere else, a space gets its family of networks.
#[derive(Clone, Debug)]
pub struct NetworkSpace {
    space: TypedSpace,
}

impl NetworkSpace {
    /// The networks of a space.
    ///
    /// # Errors
    /// When a space of the user's own has an operation that the library of networks lacks.
    pub fn new(space: TypedSpace) -> Result<Self, SupernetError> {
        if let TypedSpace::Custom(custom) = &space
            && let Some(operation) = families::missing_operation(custom)
        {
            return Err(SupernetError::UnknownOperation {
                space: space.space().name().into(),
                operation: operation.into(),
                known: families::operation_names(),
            });
        }
        Ok(Self { space })
    }

    /// Whether sub-supernets of the space can be trained so.
    ///
    /// # Errors
    /// With the setting that cannot be.
    pub fn check_supernet(&self, config: &SupernetConfig) -> Result<(), SupernetError> {
        match self.space {
            TypedSpace::Darts(_) => Ok(()),
            ref space if config.warmup_recompute => Err(SupernetError::Config {
                key: "supernet.warmup_recompute".into(),
                range: format!("false in {}, which is not made of DARTS cells", space.space().name()),
                value: "true".into(),
            }),
            _ => Ok(()),
        }
    }

    /// Checks sizes that not every space can have.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn check(&self, config: &NetworkConfig) -> Result<(), SupernetError> {
        match self.space {
            ref space if config.stem == StemKind::ImageNet && !matches!(space, TypedSpace::Darts(_)) => {
                Err(SupernetError::Config {
                    key: "network.stem".into(),
                    range: format!("convolution in {}, whose networks have a stem of their own", space.space().name()),
                    value: "imagenet".into(),
                })
            }
            TypedSpace::NasBench101(_) if config.channels < MOST_CONCATENATED => Err(SupernetError::Config {
                key: "network.channels".into(),
                range: format!(
                    "at least {MOST_CONCATENATED} in nas-bench-101, where up to {MOST_CONCATENATED} vertices share the output"
                ),
                value: config.channels.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// The space.
    pub fn space(&self) -> &dyn SearchSpace {
        self.space.space()
    }

    /// The space with its type.
    pub fn typed(&self) -> &TypedSpace {
        &self.space
    }

    /// What the network of an architecture of the space is to be, for images of this shape.
    pub fn blueprint(&self, architecture: &Architecture, config: &NetworkConfig, image: ImageShape) -> Blueprint {
        match self.family() {
            Family::Darts(space) => Blueprint::Darts(space.genotype(architecture)),
            Family::Graph(plan) => Blueprint::Graph(plan(architecture, config, image.into())),
        }
    }

    /// The same of all members of a batch.
    pub fn candidates(&self, batch: &[Architecture], config: &NetworkConfig, image: ImageShape) -> Candidates {
        match self.family() {
            Family::Darts(space) => Candidates::Darts(batch.iter().map(|member| space.genotype(member)).collect()),
            Family::Graph(plan) => Candidates::Graph(batch.iter().map(|member| plan(member, config, image.into())).collect()),
        }
    }

    fn family(&self) -> Family<'_> {
        use families::{custom, nas_bench_101, nas_bench_201, nas_bench_macro, resnet, transnas_macro, transnas_micro};
        match &self.space {
            TypedSpace::Darts(space) => Family::Darts(space),
            TypedSpace::NasBench101(space) => graph(move |member, config, image| nas_bench_101(space, member, config, image)),
            TypedSpace::NasBench201(space) => graph(move |member, config, image| nas_bench_201(space, member, config, image)),
            TypedSpace::TransNasMicro(space) => graph(move |member, config, image| transnas_micro(space, member, config, image)),
            TypedSpace::TransNasMacro(space) => graph(move |member, config, image| transnas_macro(space, member, config, image)),
            TypedSpace::NasBenchMacro(space) => graph(move |member, config, image| nas_bench_macro(space, member, config, image)),
            TypedSpace::ResNet(space) => graph(move |member, config, image| resnet(space, member, config, image)),
            TypedSpace::Custom(space) => graph(move |member, config, image| custom(space, member, config, image)),
        }
    }
}

fn graph<'a>(plan: impl Fn(&Architecture, &NetworkConfig, Shape) -> Plan + 'a) -> Family<'a> {
    Family::Graph(Box::new(plan))
}

/// Makes the plan of an architecture.
type Planner<'a> = Box<dyn Fn(&Architecture, &NetworkConfig, Shape) -> Plan + 'a>;

/// How networks of a space are described.
enum Family<'a> {
    Darts(&'a DartsSpace),
    Graph(Planner<'a>),
}
