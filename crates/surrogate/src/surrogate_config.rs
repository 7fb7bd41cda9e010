use crate::{
    GcnConfig, GcnSurrogate, Head, LstmConfig, LstmSurrogate, MlpConfig, MlpSurrogate, PathEnsembleConfig, Targets, path_ensemble,
};
use bonas_core::{OperationRole, Surrogate, SurrogateError};
use bonas_features::{
    Ensemble, EnsembleConfig, GaussianTargets, LinearConfig, LinearSurrogate, StructureGp, StructureGpConfig, WlGp, WlGpConfig,
};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// The surrogates, by the names that configurations use. Nowhere else is such a name matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SurrogateName {
    /// [`StructureGp`], our own.
    #[default]
    StructureGp,
    /// [`GcnSurrogate`], that of BONAS.
    Gcn,
    /// [`GcnSurrogate`] with [`Head::Network`], whatever `surrogate.gcn.head` says: the paper's ablation without the regression.
    GcnMean,
    /// [`MlpSurrogate`].
    Mlp,
    /// [`LstmSurrogate`].
    Lstm,
    /// [`WlGp`].
    WlGp,
    /// [`LinearSurrogate`].
    Linear,
    /// [`path_ensemble`].
    PathEnsemble,
    /// [`Ensemble`] of the surrogate that `surrogate.ensemble.inner` names.
    Ensemble,
}

impl SurrogateName {
    /// Every surrogate.
    pub const ALL: &[SurrogateName] = &[
        Self::StructureGp,
        Self::Gcn,
        Self::GcnMean,
        Self::Mlp,
        Self::Lstm,
        Self::WlGp,
        Self::Linear,
        Self::PathEnsemble,
        Self::Ensemble,
    ];

    /// The name as configurations write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StructureGp => "structure-gp",
            Self::Gcn => "gcn",
            Self::GcnMean => "gcn-mean",
            Self::Mlp => "mlp",
            Self::Lstm => "lstm",
            Self::WlGp => "wl-gp",
            Self::Linear => "linear",
            Self::PathEnsemble => "path-ensemble",
            Self::Ensemble => "ensemble",
        }
    }
}

/// A surrogate by its name, and the settings of every kind. Those of kinds that are not named are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SurrogateConfig {
    /// Which one.
    pub name: SurrogateName,
    /// Settings of `structure-gp`.
    pub structure_gp: StructureGpConfig,
    /// Settings of `gcn` and `gcn-mean`.
    pub gcn: GcnConfig,
    /// Settings of `mlp`.
    pub mlp: MlpConfig,
    /// Settings of `lstm`.
    pub lstm: LstmConfig,
    /// Settings of `wl-gp`.
    pub wl_gp: WlGpConfig,
    /// Settings of `linear`.
    pub linear: LinearConfig,
    /// Settings of `path-ensemble`.
    pub path_ensemble: PathEnsembleConfig,
    /// Settings of `ensemble`.
    pub ensemble: NamedEnsembleConfig,
}

/// Settings of the surrogate `ensemble`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamedEnsembleConfig {
    /// What is fitted several times, with the settings of its own table.
    pub inner: SurrogateName,
    /// Fits of it (1 to 1000).
    pub members: usize,
    /// Whether every member is fitted to a sample of the observations, drawn with replacement. Without it, members of `wl-gp` and
    /// `linear`, which draw no random number, are all equal.
    pub bootstrap: bool,
}

impl Default for NamedEnsembleConfig {
    fn default() -> Self {
        let EnsembleConfig { members, bootstrap } = EnsembleConfig::default();
        Self { inner: SurrogateName::default(), members, bootstrap }
    }
}

impl SurrogateConfig {
    /// The surrogate `name` with the default settings of all.
    pub fn named(name: SurrogateName) -> Self {
        Self { name, ..Self::default() }
    }

    /// The same settings with everything that a mode decides written out.
    pub fn resolved(&self) -> Self {
        Self { gcn: self.gcn.resolved(), mlp: self.mlp.resolved(), lstm: self.lstm.resolved(), ..self.clone() }
    }

    /// The surrogate of this configuration, for graphs whose operations have these roles. Networks train and predict on `device`.
    ///
    /// # Errors
    /// When a setting of the named surrogate is out of range.
    pub fn build(&self, roles: &[OperationRole], device: Device) -> Result<Box<dyn Surrogate>, SurrogateError> {
        let SurrogateName::Ensemble = self.name else { return self.build_single(self.name, roles, device) };
        let NamedEnsembleConfig { inner, members, bootstrap } = self.ensemble;
        let ensemble = EnsembleConfig { members, bootstrap };
        ensemble.check("surrogate.ensemble")?;
        Ok(Box::new(Ensemble::new(self.build_single(inner, roles, device)?, ensemble)?))
    }

    fn build_single(
        &self,
        name: SurrogateName,
        roles: &[OperationRole],
        device: Device,
    ) -> Result<Box<dyn Surrogate>, SurrogateError> {
        Ok(match name {
            SurrogateName::StructureGp => Box::new(StructureGp::new(self.structure_gp.clone(), roles.to_vec())?),
            SurrogateName::Gcn => Box::new(GcnSurrogate::new(self.gcn.clone(), device)?),
            SurrogateName::GcnMean => Box::new(GcnSurrogate::new(GcnConfig { head: Head::Network, ..self.gcn.clone() }, device)?),
            SurrogateName::Mlp => Box::new(MlpSurrogate::new(self.mlp.clone(), device)?),
            SurrogateName::Lstm => Box::new(LstmSurrogate::new(self.lstm.clone(), device)?),
            SurrogateName::WlGp => Box::new(WlGp::new(self.wl_gp.clone())?),
            SurrogateName::Linear => Box::new(LinearSurrogate::new(self.linear.clone())?),
            SurrogateName::PathEnsemble => Box::new(path_ensemble(self.path_ensemble.clone(), device)?),
            SurrogateName::Ensemble => {
                let message = "surrogate.ensemble.inner must be a single surrogate, but is ensemble; name one, such as gcn";
                return Err(SurrogateError::Config(message.into()));
            }
        })
    }

    /// Whether outcomes of the posterior are ranks in (0, 1) rather than scores.
    pub fn predicts_ranks(&self) -> bool {
        let name = if self.name == SurrogateName::Ensemble { self.ensemble.inner } else { self.name };
        let resolved = self.resolved();
        match name {
            SurrogateName::Gcn | SurrogateName::GcnMean => resolved.gcn.targets == Some(Targets::Ranks),
            SurrogateName::Mlp => resolved.mlp.targets == Some(Targets::Ranks),
            SurrogateName::Lstm => resolved.lstm.targets == Some(Targets::Ranks),
            SurrogateName::WlGp => self.wl_gp.targets == GaussianTargets::Ranks,
            SurrogateName::Linear => self.linear.targets == GaussianTargets::Ranks,
            SurrogateName::PathEnsemble => self.path_ensemble.targets == Targets::Ranks,
            SurrogateName::StructureGp | SurrogateName::Ensemble => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;

    fn read(text: &str) -> Result<SurrogateConfig, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn every_name_is_written_as_it_is_read_and_can_be_built() {
        for &name in SurrogateName::ALL {
            let config = read(&format!(r#"{{"name":"{}"}}"#, name.as_str())).expect("a known name");
            assert_eq!(config, SurrogateConfig::named(name));
            assert_eq!(read(&serde_json::to_string(&config.resolved()).expect("writes")).expect("reads"), config.resolved());
            assert!(config.build(&[], Device::flex()).is_ok(), "{}", name.as_str());
        }
    }

    #[test]
    fn settings_stand_in_the_table_of_their_kind() {
        let config = read(r#"{"name":"wl-gp","gcn":{"mode":"paper"},"wl_gp":{"max_iterations":1}}"#).expect("valid");
        assert_eq!((config.gcn.mode, config.wl_gp.max_iterations), (Mode::Paper, 1));
        for wrong in [r#"{"mode":"paper"}"#, r#"{"name":"gp"}"#, r#"{"gcn":{"layer":3}}"#, r#"{"ensemble":{"of":"gcn"}}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_named_kind_is_checked_and_with_its_whole_key() {
        let refused = |config: SurrogateConfig| config.build(&[], Device::flex()).err().expect("out of range").to_string();
        let mut config = SurrogateConfig::named(SurrogateName::Gcn);
        config.gcn.epochs = 0;
        assert!(refused(config.clone()).contains("surrogate.gcn.epochs must be at least 1, but is 0"));
        config.name = SurrogateName::Linear;
        assert!(config.build(&[], Device::flex()).is_ok());
        config.name = SurrogateName::Ensemble;
        config.ensemble.inner = SurrogateName::Gcn;
        assert!(refused(config.clone()).contains("surrogate.gcn.epochs"), "the inner surrogate is checked");
        config.ensemble.inner = SurrogateName::Ensemble;
        assert!(refused(config.clone()).contains("surrogate.ensemble.inner must be a single surrogate"));
        config.ensemble.members = 0;
        assert!(refused(config).contains("surrogate.ensemble.members must be in [1, 1000], but is 0"));
    }

    #[test]
    fn the_scale_of_predictions_is_known() {
        let ranks = |name| SurrogateConfig::named(name).predicts_ranks();
        assert!(
            [SurrogateName::Gcn, SurrogateName::PathEnsemble, SurrogateName::WlGp, SurrogateName::Linear].into_iter().all(ranks)
        );
        assert!(!ranks(SurrogateName::StructureGp) && !ranks(SurrogateName::Ensemble), "an ensemble of it, by default");
        let paper = GcnConfig { mode: Mode::Paper, ..GcnConfig::default() };
        assert!(!SurrogateConfig { gcn: paper, ..SurrogateConfig::named(SurrogateName::Gcn) }.predicts_ranks());
    }
}
