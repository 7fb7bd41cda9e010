use crate::LaboratoryError;

/// A header and rows of as many cells, as CSV.
pub(crate) fn csv_text<T: AsRef<[u8]>>(header: &[T], rows: impl Iterator<Item = Vec<String>>) -> Result<String, LaboratoryError> {
    let failed = |error: csv::Error| LaboratoryError::Csv(Box::new(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
