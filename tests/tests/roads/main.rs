//! Road travel times: the road file through the binary, what comes out of it beside OSRM on the same map,
//! and what is set at run time; other people's routers asked over HTTP.

mod accuracy;
mod conditions;
mod files;
mod routers;
